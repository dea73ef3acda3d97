// The slider over the epochs whose maps are kept. Its last position is the current model.

import type { Signal } from "@preact/signals";
import { t } from "../shared/language";
import type { Moment } from "./mapStore";

interface Props {
  epochs: readonly Moment[];
  /** The epoch of the maps that are shown, even if they stand in for maps that have not arrived. */
  shown: Moment | undefined;
  moment: Signal<Moment | null>;
}

export function Epochs({ epochs, shown, moment }: Props) {
  if (epochs.length === 0) return null;
  const chosen = moment.value;
  const at = chosen ? epochs.findIndex((one) => same(one, chosen)) : -1;
  return (
    <div class="sw-tools">
      <label class="sw-epochs">
        {t("Epoch")}
        <input
          type="range"
          min={0}
          max={epochs.length}
          value={at < 0 ? epochs.length : at}
          aria-valuetext={textOf(shown)}
          onInput={(event) => {
            moment.value = epochs[Number(event.currentTarget.value)] ?? null;
          }}
          onKeyDown={(event) => event.stopPropagation()} // the notebook has its own shortcuts
        />
        <output>{textOf(shown)}</output>
      </label>
    </div>
  );
}

function same(a: Moment, b: Moment): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

function textOf(moment: Moment | undefined): string {
  if (!moment) return t("now");
  const [run, epoch] = moment;
  return run ? t("run {run}, after epoch {epoch}", { run, epoch }) : t("after epoch {epoch}", { epoch });
}
