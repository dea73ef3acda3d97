// What the cells of a layer see of the input: one table of booleans, cells by positions, for each spatial axis.

import type { Answer } from "../requests";

export interface Axis {
  cells: number;
  size: number;
  seen: Uint8Array;
}

/** A stretch of positions, both ends included. */
export type Run = readonly [first: number, last: number];

/** Gives the axes of an answer to "field"; null where fields are not known. */
export function axes({ facts, arrays }: Answer): Axis[] | null {
  if (!facts.known) return null;
  return Object.keys(arrays)
    .sort()
    .map((name) => {
      const { values, shape } = arrays[name] as Answer["arrays"][string];
      return { cells: shape[0] as number, size: shape[1] as number, seen: values as Uint8Array };
    });
}

/** The positions that a cell sees, as stretches; where every cell sees the same there is but one. */
export function positions({ cells, size, seen }: Axis, cell: number): Run[] {
  const row = Math.min(cell, cells - 1) * size;
  return runs(size, (position) => seen[row + position] === 1);
}

/** The cells that see a position, as stretches. */
export function cellsSeeing({ cells, size, seen }: Axis, position: number): Run[] {
  return runs(cells, (cell) => seen[cell * size + position] === 1);
}

/** From the first to the last position of stretches. */
export function span(stretches: readonly Run[]): Run | null {
  const [first, last] = [stretches[0], stretches.at(-1)];
  return first && last ? [first[0], last[1]] : null;
}

function runs(count: number, has: (index: number) => boolean): Run[] {
  const found: Run[] = [];
  let start = -1;
  for (let index = 0; index <= count; index++) {
    const inside = index < count && has(index);
    if (inside && start < 0) start = index;
    if (!inside && start >= 0) {
      found.push([start, index - 1]);
      start = -1;
    }
  }
  return found;
}
