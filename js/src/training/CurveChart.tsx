// One metric over the batches of a run.

import { useState } from "preact/hooks";
import { figure } from "../feature_maps/formatting";
import { t } from "../shared/language";
import { linearScale, logScale, roundedScale } from "../shared/scales";
import { type Chart, type Dot, pieces, smoothed } from "./series";

interface Props {
  chart: Chart;
  before: Chart | undefined;
  /** The batch at the right edge. */
  end: number;
  epochEnds: readonly number[];
  /** The number of each epoch in `epochEnds`, which may be thinned. */
  epochNumbers: readonly number[];
  log: boolean;
  smooth: boolean;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 170, 46, 8, 8, 20];

export function CurveChart({ chart, before, end, epochEnds, epochNumbers, log, smooth }: Props) {
  const [pointed, setPointed] = useState<number | null>(null); // a batch
  const { batches, epochs, validation, ranges } = chart;
  const upToEnd = (line: readonly Dot[]) => line.filter(([at]) => at <= end);
  const earlier = before && {
    main: upToEnd(before.batches.length > 0 ? before.batches : before.epochs),
    validation: upToEnd(before.validation),
  };
  const main = batches.length > 0 ? batches : epochs;
  const all = [main, validation, earlier ? [...earlier.main, ...earlier.validation] : []].flat();
  const values = [
    ...all.flatMap(([, value]) => (value === null ? [] : [value])),
    ...ranges.flatMap(([, ...both]) => both),
  ];
  const positive = values.filter((value) => value > 0);
  const isLog = log && positive.length > 0;
  const shown = isLog ? positive : values;
  if (shown.length === 0) return null;
  const x = linearScale([0, end], [LEFT, WIDTH - RIGHT]);
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const margin = high > low ? 0 : 0.5;
  const y = isLog
    ? logScale(margin ? [low / 2, low * 2] : [low, high], [HEIGHT - BOTTOM, TOP])
    : roundedScale([low - margin, high + margin], [HEIGHT - BOTTOM, TOP]);
  const height = (value: number) => y.at(isLog ? Math.max(value, low) : value);
  const path = (line: readonly Dot[]) =>
    pieces(line)
      .map((piece) => `M${piece.map(([at, value]) => `${x.at(at).toFixed(1)} ${height(value).toFixed(1)}`).join("L")}`)
      .join("");
  const band = [
    ...ranges.map(([at, , top]) => `${x.at(at).toFixed(1)} ${height(top).toFixed(1)}`),
    ...ranges.toReversed().map(([at, bottom]) => `${x.at(at).toFixed(1)} ${height(bottom).toFixed(1)}`),
  ];
  const near = pointed === null ? undefined : nearest(main, pointed);
  const nearValidation = pointed === null ? undefined : nearest(validation, pointed);
  const epoch = near && epochOf(near[0], epochEnds, epochNumbers);
  const last = (line: readonly Dot[]) => line.at(-1)?.[1];
  const shownValues = [near ? near[1] : last(main), nearValidation ? nearValidation[1] : last(validation)];
  const name = chart.name === "learning_rate" ? t("learning rate") : chart.name;
  const stride = Math.ceil(epochEnds.length / 8);
  return (
    <figure class="sw-chart" data-metric={chart.name}>
      <figcaption>
        <b>
          <bdi>{name}</bdi>
        </b>{" "}
        <span class="is-training">{text(shownValues[0])}</span>
        {validation.length > 0 && <span class="is-validation"> {text(shownValues[1])}</span>}
        {near && (
          <span class="sw-muted"> {t("batch {batch}, epoch {epoch}", { batch: near[0], epoch: epoch ?? "?" })}</span>
        )}
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={t("{name} from {low} to {high}", { name, low: figure(low), high: figure(high) })}
        onMouseMove={(event) => {
          const { left, width } = event.currentTarget.getBoundingClientRect();
          setPointed(x.invert(((event.clientX - left) / width) * WIDTH));
        }}
        onMouseLeave={() => setPointed(null)}
      >
        {y.ticks(4).map((tick) => (
          <g key={tick} class="sw-grid">
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y.at(tick)} y2={y.at(tick)} />
            <text x={LEFT - 5} y={y.at(tick)} class="sw-tick-y">
              {figure(tick)}
            </text>
          </g>
        ))}
        {epochEnds.map(
          (at, index) =>
            (index + 1) % stride === 0 && (
              <g key={at} class="sw-grid">
                <line x1={x.at(at)} x2={x.at(at)} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM + 4} />
                <text x={x.at(at)} y={HEIGHT - 5} class="sw-tick-x">
                  {epochNumbers[index]}
                </text>
              </g>
            ),
        )}
        <text x={LEFT} y={HEIGHT - 5} class="sw-tick-x sw-axis">
          {t("epoch")}
        </text>
        {earlier && <path class="sw-line is-before" d={path(earlier.main)} />}
        {earlier && <path class="sw-line is-before is-dashed" d={path(earlier.validation)} />}
        {band.length > 2 && <path class="sw-band" d={`M${band.join("L")}z`} />}
        <path class={`sw-line is-training${smooth ? " is-raw" : ""}`} d={path(main)} />
        {smooth && <path class="sw-line is-training" d={path(smoothed(main))} />}
        <path class="sw-line is-validation" d={path(validation)} />
        {pieces(validation)
          .flat()
          .map(([at, value]) => (
            <circle key={at} class="sw-dot is-validation" cx={x.at(at)} cy={height(value)} r={2.4} />
          ))}
        {main.length === 1 && main[0]?.[1] !== null && (
          <circle class="sw-dot" cx={x.at(main[0]?.[0] as number)} cy={height(main[0]?.[1] as number)} r={2.4} />
        )}
        {near && <line class="sw-pointer" x1={x.at(near[0])} x2={x.at(near[0])} y1={TOP} y2={HEIGHT - BOTTOM} />}
      </svg>
    </figure>
  );
}

/** Return the epoch of a batch; undefined if it is one of several that were left out. */
function epochOf(batch: number, ends: readonly number[], numbers: readonly number[]): number | undefined {
  const after = ends.findIndex((end) => batch <= end);
  if (after < 0) return (numbers.at(-1) ?? 0) + 1;
  return after > 0 && (numbers[after] as number) - (numbers[after - 1] as number) > 1 && batch !== ends[after]
    ? undefined
    : numbers[after];
}

function nearest(line: readonly Dot[], at: number): Dot | undefined {
  return line.reduce<Dot | undefined>(
    (best, dot) => (!best || Math.abs(dot[0] - at) < Math.abs(best[0] - at) ? dot : best),
    undefined,
  );
}

function text(value: number | null | undefined): string {
  return value === undefined ? "" : figure(value ?? Number.NaN);
}
