// The distribution of a layer's weights: a column for each epoch, from the lowest weight up to the highest.

import { figure } from "../feature_maps/formatting";
import type { WeightHistogram } from "../generated/records";
import { t } from "../shared/language";

const [WIDTH, HEIGHT] = [96, 40]; // px

export function WeightHistograms({ histograms }: { histograms: readonly WeightHistogram[] }) {
  if (histograms.length === 0) return null;
  const low = Math.min(...histograms.map((one) => one.low));
  const high = Math.max(...histograms.map((one) => one.high));
  const span = high - low || 1;
  const width = WIDTH / histograms.length;
  const label = t("epochs {first} to {last}; weights from {low} to {high}", {
    first: histograms[0]?.epoch ?? 0,
    last: histograms.at(-1)?.epoch ?? 0,
    low: figure(Number(low.toPrecision(3))),
    high: figure(Number(high.toPrecision(3))),
  });
  return (
    <svg class="sw-weights" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      {histograms.map((one, at) => {
        const most = Math.max(...one.counts);
        const step = ((one.high - one.low || span) / one.counts.length / span) * HEIGHT;
        const bottom = HEIGHT - ((one.low - low) / span) * HEIGHT;
        return one.counts.map(
          (count, bin) =>
            count > 0 && (
              <rect
                key={`${one.epoch} ${bin}`}
                x={at * width}
                width={Math.max(1, width - 0.5)}
                y={bottom - (bin + 1) * step}
                height={step}
                fill-opacity={Math.sqrt(count / most)}
              />
            ),
        );
      })}
    </svg>
  );
}
