// One channel of a sequence, drawn as a line over time.

import { t } from "../shared/language";
import { linearScale } from "../shared/scales";
import { type Range, value } from "./colors";
import { figure } from "./formatting";
import type { Run } from "./receptiveField";

interface Props {
  title: string;
  codes: Uint8Array;
  own: Range;
  /** The number of steps. There can be fewer bytes, each for several steps. */
  steps: number;
  width: number;
  marks: readonly Run[];
  onPoint: (step: number) => void;
}

const HEIGHT = 120;
const LEFT = 52;

export function Curve({ title, codes, own, steps, width, marks, onPoint }: Props) {
  const x = linearScale([0, steps], [LEFT, width]);
  const y = linearScale(own[1] > own[0] ? own : [own[0] - 1, own[1] + 1], [HEIGHT - 6, 6]);
  const step = steps / codes.length;
  const line = Array.from(codes, (code, at) =>
    code ? `${x.at((at + 0.5) * step).toFixed(1)},${y.at(value(code, own)).toFixed(1)}` : "",
  );
  const paths = line.join(" ").split(/ {2,}/).filter(Boolean); // non-finite values leave a gap
  const onMouse = (event: MouseEvent) => {
    const { left, width: wide } = (event.currentTarget as Element).getBoundingClientRect();
    const at = Math.floor(x.invert(((event.clientX - left) / wide) * width));
    onPoint(Math.min(steps - 1, Math.max(0, at)));
  };
  return (
    <figure>
      <figcaption>{t("{what}, {count} steps", { what: title, count: steps })}</figcaption>
      <svg
        class="sw-curve"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={t("{what}: {count} steps, from {low} to {high}", {
          what: title,
          count: steps,
          low: figure(own[0]),
          high: figure(own[1]),
        })}
        onMouseMove={onMouse}
      >
        <title>{title}</title>
        {marks.map(([first, last]) => (
          <rect
            key={first}
            class="sw-curve-mark"
            x={x.at(first)}
            y={0}
            width={x.at(last + 1) - x.at(first)}
            height={HEIGHT}
          />
        ))}
        {y.ticks(3).map((tick) => (
          <g key={tick}>
            <line x1={LEFT} x2={width} y1={y.at(tick)} y2={y.at(tick)} />
            <text x={LEFT - 6} y={y.at(tick)}>
              {figure(tick)}
            </text>
          </g>
        ))}
        {paths.map((points) => (
          <polyline key={points} points={points} />
        ))}
      </svg>
    </figure>
  );
}
