// The Training panel: a header line, and the view of the runs that the Summary panel shows in a tab.

import { useErrorBoundary } from "preact/hooks";
import type { TrainingTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { State } from "../shared/Header";
import { t, tn } from "../shared/language";
import { standing } from "../shared/status";
import { Stale, Waits } from "../shared/Warnings";
import { runsOf, TrainingView } from "./TrainingView";

export function TrainingPanel({ connection }: { connection: Connection<TrainingTraits> }) {
  const { traits } = connection;
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{t("This panel could not be drawn: {error}", { error: String(error) })}</p>;

  const stack = traits.stack.value;
  const runs = runsOf(traits);
  const { live, mark } = standing(connection.status.value, traits.gone.value);
  return (
    <>
      <div class="sw-head">
        <span class="sw-name" title={stack.name}>
          <bdi>{stack.name}</bdi>
        </span>
        <span class="sw-stat">
          <b>{runs.length}</b> {tn("training run", "training runs", runs.length)}
        </span>
        <State mark={mark} state={stack.state} why={stack.unknown.built} />
      </div>
      {traits.error.value && <p class="sw-message">{traits.error.value}</p>}
      <Stale connection={connection} live={live} />
      <Waits connection={connection} />
      <TrainingView connection={connection} live={live} />
    </>
  );
}
