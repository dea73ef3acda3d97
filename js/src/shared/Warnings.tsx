// Warnings: a compiled step that does not follow the trainable flags, pending changes, and errors.

import type { Plan } from "../generated/records";
import type { PanelConnection } from "./connection";
import { N_, t, tn } from "./language";

const PARTS: [keyof Plan, string][] = [
  ["kept", N_("Keeps")],
  ["lost", N_("Loses")],
  ["new", N_("New")],
];

export function Stale({ connection, live }: { connection: PanelConnection; live: boolean }) {
  const sentence = connection.traits.stack.value.stale;
  const plan = connection.traits.plan.value;
  if (!sentence) return null;
  return (
    <div class="sw-stale" role="status">
      <div class="sw-stale-line">
        <strong>{sentence}</strong>
        <button type="button" class="sw-button" disabled={!live} onClick={() => connection.act("recompile")}>
          {t("Recompile")}
        </button>
      </div>
      <dl class="sw-plan">
        {PARTS.filter(([part]) => plan[part]?.length).map(([part, name]) => (
          <div key={part}>
            <dt>{t(name)}</dt>
            <dd>{plan[part]?.join("; ")}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** The error of the last command, if it failed. */
export function Failed({ connection }: { connection: PanelConnection }) {
  const { error } = connection.outcome.value;
  return error ? (
    <p class="sw-message" role="alert">
      {error}
    </p>
  ) : null;
}

export function Waits({ connection: { traits } }: { connection: PanelConnection }) {
  const { flags, until } = traits.waiting.value;
  const count = Object.keys(flags ?? {}).length;
  if (!count) return null;
  return (
    <p class="sw-message sw-pending" role="status">
      {tn(
        "{n} layer has a pending change, which takes effect {until}.",
        "{n} layers have pending changes, which take effect {until}.",
        count,
        { until: until ?? "" },
      )}
    </p>
  );
}
