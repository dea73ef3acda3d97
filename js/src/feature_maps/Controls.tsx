// The controls of the maps: colours, scale, order, kernels, slice.

import type { Point } from "../generated/records";
import { type FeatureMapsTraits, LABELS } from "../generated/traits";
import { Choice } from "../shared/Choice";
import type { Connection } from "../shared/connection";
import { t } from "../shared/language";
import type { Maps } from "./mapStore";

interface Props {
  connection: Connection<FeatureMapsTraits>;
  maps: Maps | null;
  point: Point | undefined;
}

export function Controls({ connection, maps, point }: Props) {
  const { traits, set } = connection;
  const [low, high] = traits.fixed.value;
  const slices = maps?.slices ?? 1;
  return (
    <div class="sw-tools">
      <Choice
        label={t("Colours")}
        options={LABELS.colormap}
        value={traits.colormap.value}
        onChoose={(value) => set("colormap", value)}
      />
      <Choice
        label={t("Scale by")}
        options={LABELS.scale}
        value={traits.scale.value}
        onChoose={(value) => set("scale", value)}
      />
      {traits.scale.value === "fixed" && (
        <span class="sw-fixed">
          <Bound label={t("Minimum")} value={low} onChange={(value) => set("fixed", [value, high])} />–
          <Bound label={t("Maximum")} value={high} onChange={(value) => set("fixed", [low, value])} />
        </span>
      )}
      <Choice
        label={t("Sort by")}
        options={LABELS.sort}
        value={traits.sort.value}
        onChoose={(value) => set("sort", value)}
      />
      {point?.filters && (
        <label>
          <input
            type="checkbox"
            checked={traits.filters.value}
            onChange={(event) => {
              set("slice", 0);
              set("filters", event.currentTarget.checked);
            }}
          />
          {t("Kernels")}
        </label>
      )}
      {slices > 1 && (
        <label>
          {traits.filters.value ? t("Input channel") : t("Slice")}
          <input
            type="range"
            min={0}
            max={slices - 1}
            value={Math.min(traits.slice.value, slices - 1)}
            onInput={(event) => set("slice", Number(event.currentTarget.value))}
          />
          <span class="sw-slice">
            {t("{at} of {last}", { at: Math.min(traits.slice.value, slices - 1), last: slices - 1 })}
          </span>
        </label>
      )}
    </div>
  );
}

function Bound({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return (
    <input
      type="number"
      step="any"
      aria-label={label}
      value={value}
      onChange={(event) => {
        if (Number.isFinite(event.currentTarget.valueAsNumber)) onChange(event.currentTarget.valueAsNumber);
      }}
    />
  );
}
