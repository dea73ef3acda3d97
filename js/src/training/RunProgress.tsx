// The progress of a run: its epoch and batch, the time, and the learning rate.

import { figure } from "../feature_maps/formatting";
import type { TrainingRun } from "../generated/records";
import { RUN_STATES } from "../generated/tables";
import { count } from "../shared/formatting";
import { t } from "../shared/language";

export function RunProgress({ run }: { run: TrainingRun }) {
  const { batch, epoch, epochs, steps, seconds } = run;
  const isRunning = run.state === "running" || run.state === "paused";
  const all = steps ? steps * (epochs - run.first_epoch + 1) : null;
  const inEpoch = batch - (run.epoch_ends.at(-1) ?? 0);
  const speed = seconds > 0 ? batch / seconds : 0;
  const rate = run.learning_rates.at(-1);
  return (
    <div class="sw-run" role="status">
      <span class={`sw-run-state is-${run.state}`}>
        {t("Run {number}, {state}", { number: run.number, state: t(RUN_STATES[run.state]) })}
      </span>
      <progress
        max={all ?? 1}
        value={all ? Math.min(batch, all) : undefined}
        aria-label={t("Training progress")}
        hidden={!isRunning}
      />
      <span>{t("epoch {epoch} of {epochs}", { epoch, epochs })}</span>
      {isRunning && (
        <span>
          {steps
            ? t("batch {batch} of {steps}", { batch: count(inEpoch), steps: count(steps) })
            : t("batch {batch}", { batch: count(inEpoch) })}
        </span>
      )}
      <span>{duration(seconds)}</span>
      {isRunning && all !== null && speed > 0 && run.epoch_ends.length > 0 && (
        <span>{t("{time} left", { time: duration(Math.max(0, all - batch) / speed) })}</span>
      )}
      {speed > 0 && <span>{t("{speed} batches/s", { speed: figure(Number(speed.toPrecision(3))) })}</span>}
      {rate !== null && rate !== undefined && <span>{t("learning rate {rate}", { rate: figure(rate) })}</span>}
    </div>
  );
}

/** Return a time as `4.2 s`, `3 min 20 s` or `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return t("{s} s", { s: figure(Number(seconds.toFixed(1))) });
  const whole = Math.round(seconds);
  if (whole < 60) return t("{s} s", { s: whole });
  if (whole < 3600) return t("{m} min {s} s", { m: Math.floor(whole / 60), s: whole % 60 });
  return t("{h} h {m} min", { h: Math.floor(whole / 3600), m: Math.floor((whole % 3600) / 60) });
}
