// The Training panel: the curves of a run, how much each layer changes, and all runs of the model.

import { useSignal } from "@preact/signals";
import { useErrorBoundary } from "preact/hooks";
import type { TrainingRun } from "../generated/records";
import type { TrainingTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { State } from "../shared/Header";
import { t, tn } from "../shared/language";
import { standing } from "../shared/status";
import { Failed, Stale, Waits } from "../shared/Warnings";
import { CurveCharts } from "./CurveCharts";
import { FitControls } from "./FitControls";
import { LayerUpdatesTable } from "./LayerUpdatesTable";
import { RunProgress } from "./RunProgress";
import { RunsTable } from "./RunsTable";

export function TrainingPanel({ connection }: { connection: Connection<TrainingTraits> }) {
  const { traits } = connection;
  const chosen = useSignal<number | null>(null); // the number of a run; null for the latest
  const [error] = useErrorBoundary();
  if (error) return <p class="sw-message">{t("This panel could not be drawn: {error}", { error: String(error) })}</p>;

  const stack = traits.stack.value;
  const current = "number" in traits.current.value ? (traits.current.value as TrainingRun) : null;
  const runs = current ? [...traits.ended.value, current] : traits.ended.value;
  const found = runs.findIndex((run) => run.number === chosen.value);
  const at = found < 0 ? runs.length - 1 : found;
  const run = runs[at];
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
      {run ? (
        <RunProgress run={run} />
      ) : (
        <p class="sw-message sw-plain">{t("No training run has been recorded yet.")}</p>
      )}
      <FitControls connection={connection} run={current} live={live} />
      <Failed connection={connection} />
      {run && (
        <>
          {run.notes.length > 0 && (
            <ul class="sw-notes sw-run-notes">
              {run.notes.map((note) => (
                <li key={note}>{note}</li>
              ))}
            </ul>
          )}
          <CurveCharts run={run} before={runs[at - 1]} />
          <LayerUpdatesTable layers={run.layers} />
          {runs.length > 1 && (
            <RunsTable
              runs={runs}
              shown={run.number}
              onShow={(number) => {
                chosen.value = number === runs.at(-1)?.number ? null : number;
              }}
            />
          )}
        </>
      )}
    </>
  );
}
