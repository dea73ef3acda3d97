// Computes the position of each tile. Sizes are in CSS pixels. A cell of a map covers a whole
// number of device pixels.

import type { Form } from "../generated/records";

export interface Arrangement {
  columns: number;
  rows: number;
  /** The size of a tile, without the space around it. */
  width: number;
  height: number;
  /** The distance from one tile to the next. */
  dx: number;
  dy: number;
  /** The width of the label before a tile of a sequence. Other tiles have the label below. */
  lead: number;
}

const GAP = 6;
const LABEL = 15;
const LEAD = 42;
const SMALL = 72;
const STRIP = 12;

/** Return the largest useful side of a map: what a tile of this form can show. */
export function limit(form: Form, width: number, ratio: number): number {
  return Math.round((form === "sequence" ? Math.max(200, width - LEAD) : 160) * ratio);
}

export function arrange(
  form: Form,
  count: number,
  [height, width]: readonly [number, number],
  available: number,
  ratio: number,
): Arrangement {
  if (form === "sequence") {
    const wide = enlarged(width, Math.max(available - LEAD, 40), ratio);
    return { columns: 1, rows: count, width: wide, height: STRIP, dx: available, dy: STRIP + 2, lead: LEAD };
  }
  const side = Math.max(height, width);
  const scale = Math.max(1, Math.floor((SMALL * ratio) / side)) / ratio;
  const tile = { width: width * scale, height: height * scale };
  const columns = Math.max(1, Math.floor((available + GAP) / (Math.max(tile.width, 24) + GAP)));
  return {
    columns,
    rows: Math.ceil(count / columns),
    ...tile,
    dx: Math.max(tile.width, 24) + GAP,
    dy: tile.height + LABEL + 2,
    lead: 0,
  };
}

function enlarged(cells: number, available: number, ratio: number): number {
  return (cells * Math.max(1, Math.floor((available * ratio) / cells))) / ratio;
}

/** Return the position of a tile's upper left corner. */
export function corner(at: number, { columns, dx, dy, lead }: Arrangement): [x: number, y: number] {
  return [lead + (at % columns) * dx, Math.floor(at / columns) * dy];
}

/** Return the tile and the cell under a point; null between tiles. */
export function hit(
  [x, y]: readonly [number, number],
  count: number,
  [height, width]: readonly [number, number],
  arrangement: Arrangement,
): { tile: number; row: number; column: number } | null {
  const { columns, dx, dy, lead } = arrangement;
  const [across, down] = [Math.floor((x - lead) / dx), Math.floor(y / dy)];
  const tile = down * columns + across;
  if (across < 0 || across >= columns || down < 0 || tile >= count) return null;
  const [left, top] = corner(tile, arrangement);
  const column = Math.floor(((x - left) / arrangement.width) * width);
  const row = Math.floor(((y - top) / arrangement.height) * height);
  return column < 0 || column >= width || row < 0 || row >= height ? null : { tile, row, column };
}
