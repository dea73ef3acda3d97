// The controls of the maps: colours, scale, order, kernels, slice.

import type { Connection } from "../connection";
import { N_, t } from "../language";
import { COLORMAPS } from "./colors";
import { SORTS } from "./order";
import type { Maps } from "./store";
import type { MapsTraits, Point, ScaleBy } from "./types";

const SCALES = { channel: N_("each channel"), layer: N_("the layer"), fixed: N_("fixed") };
// The other colormaps have proper names, which are not translated.
const NAMES: Record<string, string> = { grey: N_("grey"), diverging: N_("diverging around 0") };
const COLORS = Object.fromEntries(COLORMAPS.map((name) => [name, NAMES[name] ?? name]));

interface Props {
  connection: Connection<MapsTraits>;
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
        options={COLORS}
        value={traits.colormap.value}
        onChoose={(value) => set("colormap", value)}
      />
      <Choice
        label={t("Scale by")}
        options={SCALES}
        value={traits.scale.value}
        onChoose={(value) => set("scale", value as ScaleBy)}
      />
      {traits.scale.value === "fixed" && (
        <span class="sw-fixed">
          <Bound label={t("Minimum")} value={low} onChange={(value) => set("fixed", [value, high])} />–
          <Bound label={t("Maximum")} value={high} onChange={(value) => set("fixed", [low, value])} />
        </span>
      )}
      <Choice label={t("Sort by")} options={SORTS} value={traits.sort.value} onChoose={(value) => set("sort", value)} />
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

interface ChoiceProps {
  label: string;
  /** The labels, in English; they are translated here. */
  options: Record<string, string>;
  value: string;
  onChoose: (value: string) => void;
}

function Choice({ label, options, value, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {Object.entries(options).map(([id, text]) => (
          <option key={id} value={id}>
            {t(text)}
          </option>
        ))}
      </select>
    </label>
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
