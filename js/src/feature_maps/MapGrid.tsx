// The grid of channel tiles, drawn on a canvas.

import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../shared/language";
import { type Arrangement, corner, hit } from "./arrangement";
import { paintTiles, type Tile } from "./paint";
import { useTheme } from "./useTheme";

export interface Spot {
  channel: number;
  row: number;
  column: number;
}

interface Props {
  channels: readonly number[];
  tiles: readonly (Tile | null)[];
  size: readonly [number, number];
  arrangement: Arrangement;
  available: number;
  ratio: number;
  chosen: number;
  marks: ReadonlyMap<number, string>;
  label: string;
  onSpot: (spot: Spot | null) => void;
  onChoose: (channel: number) => void;
  onPage: (step: number) => void;
}

export function MapGrid(props: Props) {
  const { channels, tiles, size, arrangement, available, ratio, chosen, marks } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme(); // labels are painted in its colour
  useLayoutEffect(() => {
    if (!canvas.current) return;
    const start = performance.now();
    const context = paintTiles(canvas.current, tiles, size, arrangement, available, ratio);
    label(context, canvas.current, channels, arrangement, chosen, marks);
    canvas.current.dataset.painted = (performance.now() - start).toFixed(1); // ms, for benchmarks
  }, [tiles, size, arrangement, available, ratio, channels, chosen, marks, theme]);
  const pointer = useRef<MouseEvent | null>(null);
  const at = ({ clientX, clientY }: MouseEvent) => {
    const { left, top } = (canvas.current as Element).getBoundingClientRect();
    return hit([clientX - left, clientY - top], channels.length, size, arrangement);
  };
  const look = () => {
    const found = pointer.current && at(pointer.current);
    props.onSpot(found && { channel: channels[found.tile] as number, row: found.row, column: found.column });
  };
  // The maps can change while the pointer does not move.
  useEffect(() => {
    if (pointer.current) look();
  }, [tiles, size, arrangement, channels]);
  const onKeyDown = (event: KeyboardEvent) => {
    const here = channels.indexOf(chosen);
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: arrangement.columns, ArrowUp: -arrangement.columns };
    const step = steps[event.key as keyof typeof steps];
    if (event.key === "PageDown" || event.key === "PageUp") props.onPage(event.key === "PageDown" ? 1 : -1);
    else if (event.key === "Home") props.onChoose(channels[0] ?? -1);
    else if (event.key === "End") props.onChoose(channels.at(-1) ?? -1);
    else if (event.key === "Escape") props.onChoose(-1);
    else if (step !== undefined) {
      const next = channels[here < 0 ? 0 : here + step];
      if (next !== undefined) props.onChoose(next);
    } else return;
    event.preventDefault();
    event.stopPropagation(); // the notebook uses the same keys to move between cells
  };
  return (
    <div
      class="sw-scroll sw-grid"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the grid must be reachable by keyboard
      tabIndex={0}
      role="group"
      aria-label={t("Channels; arrow keys choose one, page keys turn the page")}
      aria-busy={tiles.includes(null)}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        role="img"
        aria-label={props.label}
        onMouseMove={(event) => {
          pointer.current = event;
          look();
        }}
        onMouseLeave={() => {
          pointer.current = null;
          look();
        }}
        onClick={(event) => {
          const found = at(event);
          if (found) props.onChoose(channels[found.tile] as number);
        }}
      />
    </div>
  );
}

function label(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  channels: readonly number[],
  arrangement: Arrangement,
  chosen: number,
  marks: ReadonlyMap<number, string>,
): void {
  const style = getComputedStyle(canvas);
  context.font = `11px ${style.fontFamily}`;
  context.textBaseline = "top";
  channels.forEach((channel, at) => {
    const [x, y] = corner(at, arrangement);
    const mark = marks.get(channel);
    context.fillStyle = style.color;
    const text = mark ? `${channel} ${mark}` : String(channel);
    if (arrangement.lead) context.fillText(text, x - arrangement.lead + 2, y);
    else context.fillText(text, x, y + arrangement.height + 2);
    if (channel === chosen) {
      context.strokeStyle = style.outlineColor;
      context.lineWidth = 2;
      context.strokeRect(x - 1, y - 1, arrangement.width + 2, arrangement.height + 2);
    }
  });
}
