// The training runs of a model: the curves of one run, how much each layer changes, and all runs.

import { useSignal } from "@preact/signals";
import type { TrainingRun } from "../generated/records";
import type { PanelConnection } from "../shared/connection";
import { t } from "../shared/language";
import { Failed } from "../shared/Warnings";
import { CurveCharts } from "./CurveCharts";
import { FitControls } from "./FitControls";
import { LayerUpdatesTable } from "./LayerUpdatesTable";
import { RunProgress } from "./RunProgress";
import { RunsTable } from "./RunsTable";
import { StepMemory } from "./StepMemory";

/** Return the run under way, if there is one. */
export function currentOf(traits: PanelConnection["traits"]): TrainingRun | null {
  return "number" in traits.current.value ? (traits.current.value as TrainingRun) : null;
}

/** Return all runs, the latest last. */
export function runsOf(traits: PanelConnection["traits"]): TrainingRun[] {
  const current = currentOf(traits);
  return current ? [...traits.ended.value, current] : traits.ended.value;
}

export function TrainingView({ connection, live }: { connection: PanelConnection; live: boolean }) {
  const chosen = useSignal<number | null>(null); // the number of a run; null for the latest
  const runs = runsOf(connection.traits);
  const found = runs.findIndex((run) => run.number === chosen.value);
  const at = found < 0 ? runs.length - 1 : found;
  const run = runs[at];
  return (
    <>
      {run ? (
        <RunProgress run={run} />
      ) : (
        <p class="sw-message sw-plain">{t("No training run has been recorded yet.")}</p>
      )}
      <FitControls connection={connection} run={currentOf(connection.traits)} live={live} />
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
          <LayerUpdatesTable
            layers={run.layers}
            units={run.units}
            order={connection.traits.stack.value.rows.map(({ path }) => path)}
          />
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
      <StepMemory edit={connection.traits.stack.value} live={live} ask={connection.ask} />
    </>
  );
}
