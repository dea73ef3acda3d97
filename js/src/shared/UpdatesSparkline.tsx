// How the updates of a layer develop during a run: a small drawing, and the last ratio as text.

import { figure } from "../feature_maps/formatting";
import type { LayerUpdates } from "../generated/records";
import { DASH } from "../generated/tables";
import { t } from "./language";

const [WIDTH, HEIGHT, LOWEST, HIGHEST] = [120, 18, -6, 0]; // px; log10 of the ratios
const USUAL = [-4, -2] as const; // log10 of the ratios around 0.001

export type Updates = ReadonlyMap<string, LayerUpdates>;

/** The last ratio and the drawing, next to each other. */
export function UpdatesOf({ layer }: { layer: LayerUpdates | undefined }) {
  if (!layer) return null;
  return (
    <span class="sw-updates-of">
      <span class="sw-num">{lastRatio(layer)}</span> <UpdatesSparkline layer={layer} />
    </span>
  );
}

/** Return the last update ratio of a layer as text. */
export function lastRatio({ ratios }: LayerUpdates): string {
  const last = ratios.at(-1);
  return last === null || last === undefined ? DASH : figure(Number(last.toPrecision(2)));
}

export function UpdatesSparkline({ layer: { path, batches, ratios } }: { layer: LayerUpdates }) {
  const first = batches[0] ?? 0;
  const span = Math.max(1, (batches.at(-1) ?? 0) - first);
  const y = (log: number) =>
    ((HIGHEST - Math.min(HIGHEST, Math.max(LOWEST, log))) / (HIGHEST - LOWEST)) * (HEIGHT - 2) + 1;
  const dots = ratios.flatMap((value, at) =>
    value === null
      ? []
      : [[2 + (((batches[at] as number) - first) / span) * (WIDTH - 6), y(Math.log10(value))] as const],
  );
  const last = dots.at(-1);
  return (
    <svg
      class="sw-spark"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t("Updates of {layer}", { layer: path })}
    >
      <rect class="sw-usual" x={0} width={WIDTH} y={y(USUAL[1])} height={y(USUAL[0]) - y(USUAL[1])} />
      <polyline
        class="sw-line is-training"
        points={dots.map(([x, at]) => `${x.toFixed(1)},${at.toFixed(1)}`).join(" ")}
      />
      {last && <circle class="sw-dot is-training" cx={last[0]} cy={last[1]} r={2} />}
    </svg>
  );
}
