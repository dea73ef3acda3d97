// All runs of the model, with what changed between them. A click shows a run.

import { figure } from "../feature_maps/formatting";
import type { TrainingRun } from "../generated/records";
import { DASH, RUN_STATES } from "../generated/tables";
import { t } from "../shared/language";

interface Props {
  runs: readonly TrainingRun[];
  shown: number;
  onShow: (number: number) => void;
}

export function RunsTable({ runs, shown, onShow }: Props) {
  const metrics = [...new Set(runs.flatMap((run) => run.logs.flatMap((log) => Object.keys(log))))].filter(
    (name) => name !== "learning_rate",
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div class="sw-scroll" tabIndex={0} role="group" aria-label={t("Runs")}>
      <table class="sw-table sw-runs">
        <thead>
          <tr>
            <th scope="col">{t("Run")}</th>
            <th scope="col">{t("What changed")}</th>
            <th scope="col" class="sw-wide">
              {t("State")}
            </th>
            <th scope="col" class="sw-num">
              {t("Epochs")}
            </th>
            {metrics.map((name) => (
              <th key={name} scope="col" class="sw-num">
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.toReversed().map((run) => (
            <tr key={run.number} class={run.number === shown ? "is-selected" : ""}>
              <th scope="row">
                <button
                  type="button"
                  class="sw-link"
                  aria-pressed={run.number === shown}
                  onClick={() => onShow(run.number)}
                >
                  {t("run {number}", { number: run.number })}
                </button>
              </th>
              <td class="sw-changes">{run.changes.join(", ") || DASH}</td>
              <td class="sw-wide">{t(RUN_STATES[run.state])}</td>
              <td class="sw-num" data-name={t("Epochs")}>
                {(run.epoch_numbers.at(-1) ?? run.first_epoch - 1) - run.first_epoch + 1}
              </td>
              {metrics.map((name) => (
                <td key={name} class="sw-num" data-name={name}>
                  {value(run.logs.at(-1)?.[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function value(one: number | null | undefined): string {
  return (one ?? null) === null ? DASH : figure(one as number);
}
