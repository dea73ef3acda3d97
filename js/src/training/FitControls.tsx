// Buttons that stop or pause a running fit, and a field for the learning rate.

import { useSignal } from "@preact/signals";
import type { TrainingRun } from "../generated/records";
import type { PanelConnection } from "../shared/connection";
import { t } from "../shared/language";
import { standing } from "../shared/status";

interface Props {
  connection: PanelConnection;
  /** The run under way, if there is one. */
  run: TrainingRun | null;
  live: boolean;
}

export function FitControls({ connection, run, live }: Props) {
  const { traits, act, set } = connection;
  const rate = useSignal("");
  const off = !live || !run;
  const value = Number(rate.value.replace(",", "."));
  return (
    <fieldset class="sw-tools sw-fit">
      <legend>{t("Training controls")}</legend>
      <span class="sw-buttons">
        <button
          type="button"
          class="sw-button"
          disabled={off}
          onClick={() => act("pause_fit", { pause: run?.state !== "paused" })}
        >
          {run?.state === "paused" ? t("Resume") : t("Pause")}
        </button>
        <button type="button" class="sw-button" disabled={off} onClick={() => act("stop_fit", { after: "batch" })}>
          {t("Stop now")}
        </button>
        <button type="button" class="sw-button" disabled={off} onClick={() => act("stop_fit", { after: "epoch" })}>
          {t("Stop after this epoch")}
        </button>
        {/* Some kernels answer only when the cell has ended. */}
        {standing(connection.status.value).mark?.label}
      </span>
      {traits.can_set_rate.value && (
        <label>
          {t("Learning rate")}
          <input
            type="text"
            inputMode="decimal"
            placeholder="0.0001"
            disabled={off}
            value={rate.value}
            onInput={(event) => {
              rate.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => event.stopPropagation()} // the notebook has its own shortcuts
          />
          <button
            type="button"
            class="sw-button"
            disabled={off || !(value > 0 && value < Infinity)}
            onClick={() => act("set_learning_rate", { rate: value })}
          >
            {t("Set")}
          </button>
        </label>
      )}
      <label title={t("End fit at the first batch with a metric that is NaN or infinite")}>
        <input
          type="checkbox"
          checked={traits.stops_at_not_finite.value}
          disabled={!live}
          onChange={(event) => set("stops_at_not_finite", event.currentTarget.checked)}
        />
        {t("Stop at NaN")}
      </label>
    </fieldset>
  );
}
