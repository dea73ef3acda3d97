// The receptive fields of a layer's cells: for each spatial axis, a boolean table of cells by input
// positions.

import type { Answer } from "../shared/requests";

export interface Axis {
  cells: number;
  size: number;
  seen: Uint8Array;
}

/** A range of positions, both ends included. */
export type Run = readonly [first: number, last: number];

/** Return the axes in an answer to the request "field"; null if the fields are not known. */
export function axes({ facts, arrays }: Answer<"field">): Axis[] | null {
  if (!facts.known) return null;
  return Object.keys(arrays)
    .sort()
    .map((name) => {
      const { values, shape } = arrays[name] as Answer["arrays"][string];
      return { cells: shape[0] as number, size: shape[1] as number, seen: values as Uint8Array };
    });
}

/** Return the positions that a cell sees, as ranges. If all see the same, `seen` has one row. */
export function positions({ cells, size, seen }: Axis, cell: number): Run[] {
  const row = Math.min(cell, cells - 1) * size;
  return runs(size, (position) => seen[row + position] === 1);
}

/** Return the cells that see a position, as ranges. */
export function cellsSeeing({ cells, size, seen }: Axis, position: number): Run[] {
  return runs(cells, (cell) => seen[cell * size + position] === 1);
}

/** Return one range from the first position to the last; null if there are no ranges. */
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
