// Which rows of a stack the table shows: nested models open or closed, runs of like layers folded.

import type { LayerRow } from "./types";

export interface VisibleRow {
  row: LayerRow;
  position: number;
  /** How many like layers it stands for, and the path of the last of them. */
  count: number;
  last: string;
  /** Whether layers are nested in it, and whether they are shown. */
  nested: boolean;
  open: boolean;
}

export function visibleRows(
  rows: LayerRow[],
  opened: ReadonlySet<string>,
  runs: [number, number][],
  folded: boolean,
): VisibleRow[] {
  const ends = new Map(folded ? runs : []);
  const visible: VisibleRow[] = [];
  let deepest = 0; // rows below this depth belong to a model that is closed
  for (let position = 0; position < rows.length; ) {
    const row = rows[position] as LayerRow;
    const end = ends.get(position) ?? position + 1;
    if (row.depth <= deepest) {
      const nested = (rows[position + 1]?.depth ?? 0) > row.depth;
      const open = nested && opened.has(row.path);
      deepest = open ? row.depth + 1 : row.depth;
      const last = (rows[end - 1] as LayerRow).path;
      visible.push({ row, position, count: end - position, last, nested, open });
    }
    position = end;
  }
  return visible;
}
