// The curves of a run: one chart for each metric, with training and validation, drawn over the
// previous run.

import { useSignal } from "@preact/signals";
import type { TrainingRun } from "../generated/records";
import { t } from "../shared/language";
import { CurveChart } from "./CurveChart";
import { chartOf, chartsOf } from "./series";

interface Props {
  run: TrainingRun;
  before: TrainingRun | undefined;
}

export function CurveCharts({ run, before }: Props) {
  const log = useSignal(false);
  const smooth = useSignal(false);
  const compare = useSignal(true);
  const charts = chartsOf(run);
  if (charts.length === 0) return null;
  const end = Math.max(run.batch, 1, before && compare.value ? Math.min(before.batch, 2 * run.batch) : 0);
  const check = (label: string, one: typeof log) => (
    <label>
      <input
        type="checkbox"
        checked={one.value}
        onChange={(event) => {
          one.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
  return (
    <>
      <div class="sw-tools sw-curve-tools">
        <span class="sw-line-key is-training" title={t("The mean since the epoch began, as Keras reports it")}>
          {t("training")}
        </span>
        {charts.some((chart) => chart.validation.length > 0) && (
          <span class="sw-line-key is-validation">{t("validation")}</span>
        )}
        {before && compare.value && (
          <span class="sw-line-key is-before">{t("run {number}", { number: before.number })}</span>
        )}
        <span class="sw-checks">
          {check(t("Log scale"), log)}
          {check(t("Smooth"), smooth)}
          {before && check(t("Compare with the previous run"), compare)}
        </span>
      </div>
      <div class="sw-curves">
        {charts.map((chart) => (
          <CurveChart
            key={chart.name}
            chart={chart}
            before={before && compare.value ? chartOf(before, chart.name) : undefined}
            end={end}
            epochEnds={run.epoch_ends}
            epochNumbers={run.epoch_numbers}
            log={log.value}
            smooth={smooth.value}
          />
        ))}
      </div>
    </>
  );
}
