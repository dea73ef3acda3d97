// The header line: the totals of the stack, and its state.

import type { Stack, State as StackState, Totals } from "../generated/records";
import { STATES } from "../generated/tables";
import { DockButton } from "./Dock";
import * as formatting from "./formatting";
import { t, tn } from "./language";
import { PopOutButton } from "./PopOut";
import type { Mark } from "./status";

export function Header({ stack, mark }: { stack: Stack; mark: Mark | null }) {
  const { totals } = stack;
  const layers = stack.rows.filter((row) => row.depth === 0).length;
  return (
    <div class="sw-head">
      <span class="sw-name" title={stack.name}>
        <bdi>{stack.name}</bdi>
      </span>
      <Stat figure={String(layers)} what={tn("layer", "layers", layers)} />
      <span class="sw-stat">
        <b>{formatting.count(totals.params)}</b> {t("params")}
        <Bar totals={totals} />
      </span>
      <Stat
        figure={formatting.short(totals.macs)}
        what={t("multiply-adds")}
        exact={totals.macs}
        reason={stack.unknown.macs}
      />
      <Stat
        figure={formatting.memory(totals.activation_bytes)}
        what={t("activations")}
        exact={totals.activation_bytes}
        reason={stack.unknown.activation_bytes}
      />
      <State mark={mark} state={stack.state} why={stack.unknown.built} />
    </div>
  );
}

/** The state of the model, or of the connection to the kernel if the panel is not live; and the buttons that show the panel elsewhere. */
export function State({ mark, state, why }: { mark: Mark | null; state: StackState; why: string | undefined }) {
  return (
    <span class="sw-icons">
      {mark ? (
        <span class="sw-state sw-state-gone" role="status" title={mark.why}>
          {mark.label}
        </span>
      ) : (
        <span class={`sw-state sw-state-${state}`} title={why ?? ""}>
          {t(STATES[state])}
        </span>
      )}
      <DockButton />
      <PopOutButton />
    </span>
  );
}

function Stat(props: { figure: string; what: string; exact?: number | null; reason?: string | undefined }) {
  return (
    <span class="sw-stat" title={props.reason ?? (props.exact ? formatting.count(props.exact) : "")}>
      <b>{props.figure}</b> {props.what}
    </span>
  );
}

function Bar({ totals }: { totals: Totals }) {
  if (!totals.params || totals.trainable_params === null) return null;
  const [trained, frozen] = [formatting.count(totals.trainable_params), formatting.count(totals.non_trainable_params)];
  const label = t("{trained} trained, {frozen} frozen", { trained, frozen });
  return (
    <span class="sw-bar" role="img" aria-label={label} title={label}>
      <i style={{ width: `${(100 * totals.trainable_params) / totals.params}%` }} />
    </span>
  );
}
