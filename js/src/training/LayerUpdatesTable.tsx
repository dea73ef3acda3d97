// How much an update changes the weights of each layer, and how this develops during the run.

import { figure } from "../feature_maps/formatting";
import type { LayerUpdates } from "../generated/records";
import { DASH } from "../generated/tables";
import { t } from "../shared/language";

const [WIDTH, HEIGHT, LOWEST, HIGHEST] = [120, 18, -6, 0]; // px; log10 of the ratios
const USUAL = [-4, -2] as const; // log10 of the ratios around 0.001

export function LayerUpdatesTable({ layers }: { layers: readonly LayerUpdates[] }) {
  if (layers.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div class="sw-scroll sw-updates" tabIndex={0} role="group" aria-label={t("Updates of the layers")}>
      <table class="sw-table">
        <thead>
          <tr>
            <th scope="col">{t("Layer")}</th>
            <th
              scope="col"
              class="sw-num"
              title={t("Norm of the change over one batch, divided by the norm of the weights")}
            >
              {t("Update / weights")}
            </th>
            <th scope="col">{t("During the run (log)")}</th>
            <th scope="col" class="sw-num sw-wide">
              {t("Norm of the weights")}
            </th>
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer.path}>
              <th scope="row">
                <bdi>{layer.path}</bdi> <span class="sw-type sw-wide">{layer.type}</span>
                {!layer.trains && <span class="sw-frozen">{t("frozen")}</span>}
              </th>
              <td class="sw-num">{ratio(layer)}</td>
              <td>
                <Sparkline layer={layer} />
              </td>
              <td class="sw-num sw-wide">{layer.norm === null ? DASH : figure(layer.norm)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="sw-muted">
        {t(
          "The grey band is 0.0001 to 0.01; values near 0.001 are usual (CS231n). Far above: the learning rate may be too high. Far below: too low.",
        )}
      </p>
    </div>
  );
}

function ratio({ ratios }: LayerUpdates): string {
  const last = ratios.at(-1);
  return last === null || last === undefined ? DASH : figure(Number(last.toPrecision(2)));
}

function Sparkline({ layer: { path, batches, ratios } }: { layer: LayerUpdates }) {
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
