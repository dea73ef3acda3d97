// What a person can change about the maps.

import type { ConnectionTo } from "../traits";
import { COLORMAPS } from "./colors";
import { SORTS } from "./order";
import type { Maps } from "./store";
import type { MapsTraits, Point, ScaleBy } from "./types";

const SCALES = { channel: "each channel", layer: "the layer", fixed: "fixed" };
const COLORS = Object.fromEntries(COLORMAPS.map((name) => [name, name === "diverging" ? "diverging about 0" : name]));

interface Props {
  connection: ConnectionTo<MapsTraits>;
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
        label="Colours"
        options={COLORS}
        value={traits.colormap.value}
        onChoose={(value) => set("colormap", value)}
      />
      <Choice
        label="Scale by"
        options={SCALES}
        value={traits.scale.value}
        onChoose={(value) => set("scale", value as ScaleBy)}
      />
      {traits.scale.value === "fixed" && (
        <span class="sw-fixed">
          <Bound label="Least value" value={low} onChange={(value) => set("fixed", [value, high])} />–
          <Bound label="Greatest value" value={high} onChange={(value) => set("fixed", [low, value])} />
        </span>
      )}
      <Choice label="Sort by" options={SORTS} value={traits.sort.value} onChoose={(value) => set("sort", value)} />
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
          Kernels
        </label>
      )}
      {slices > 1 && (
        <label>
          {traits.filters.value ? "Input channel" : "Slice"}
          <input
            type="range"
            min={0}
            max={slices - 1}
            value={Math.min(traits.slice.value, slices - 1)}
            onInput={(event) => set("slice", Number(event.currentTarget.value))}
          />
          <span class="sw-slice">{`${Math.min(traits.slice.value, slices - 1)} of ${slices - 1}`}</span>
        </label>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
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
            {text}
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
