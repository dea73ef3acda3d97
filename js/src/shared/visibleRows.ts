// Computes the rows that the table shows: nested models can be closed, repeated layers collapsed.

import type { LayerRow, Rail } from "../generated/records";

export interface VisibleRow {
  row: LayerRow;
  position: number;
  /** The number of repeated layers in this row, and the path of the last of them. */
  count: number;
  last: string;
  /** Whether the row has nested layers, and whether they are shown. */
  nested: boolean;
  open: boolean;
  /** The lines beside the row, if the model is not a chain. */
  rail: Rail | null;
}

export function visibleRows(
  rows: LayerRow[],
  opened: ReadonlySet<string>,
  runs: [number, number][],
  folded: boolean,
  rails: (Rail | null)[] = [],
): VisibleRow[] {
  const ends = new Map(folded ? runs : []);
  const visible: VisibleRow[] = [];
  let deepest = 0; // rows with a greater depth are inside a closed model
  for (let position = 0; position < rows.length; ) {
    const row = rows[position] as LayerRow;
    const end = ends.get(position) ?? position + 1;
    if (row.depth <= deepest) {
      const nested = (rows[position + 1]?.depth ?? 0) > row.depth;
      const open = nested && opened.has(row.path);
      deepest = open ? row.depth + 1 : row.depth;
      const last = (rows[end - 1] as LayerRow).path;
      visible.push({ row, position, count: end - position, last, nested, open, rail: rails[position] ?? null });
    }
    position = end;
  }
  return visible;
}
