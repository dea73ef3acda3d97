// Computes the rows that the table shows: nested models can be closed, repeated blocks collapsed.

import type { Fold, LayerRow, Rail } from "../generated/records";

export interface VisibleRow {
  row: LayerRow;
  position: number;
  /** The position after the last row that this row stands for, and the path of that last row. */
  end: number;
  last: string;
  /** The repeated block that begins here, and whether this row stands for all of it. */
  fold: Fold | null;
  folded: boolean;
  /** Whether the row has nested layers, and whether they are shown. */
  nested: boolean;
  open: boolean;
  /** A name for the row that another call of the same layer does not have. */
  key: string;
  /** The lines beside the row, if the model is not a chain. */
  rail: Rail | null;
}

/** Return the rows to show. All folds are collapsed, except those that begin at the positions `unfolded`. */
export function visibleRows(
  rows: LayerRow[],
  opened: ReadonlySet<string>,
  folds: Fold[],
  unfolded: number[],
  rails: (Rail | null)[] = [],
): VisibleRow[] {
  const starts = new Map(folds.map((fold) => [fold.start, fold]));
  const calls = new Map<string, number>();
  const visible: VisibleRow[] = [];
  let deepest = 0; // rows with a greater depth are inside a closed model
  for (let position = 0; position < rows.length; ) {
    const fold = starts.get(position) ?? null;
    const folded = fold !== null && !unfolded.includes(position);
    const end = folded ? fold.end : position + 1;
    const own = rows[position] as LayerRow;
    const call = calls.get(own.path) ?? 0;
    calls.set(own.path, call + 1);
    if (own.depth <= deepest) {
      const nested = !folded && (rows[end]?.depth ?? 0) > own.depth;
      const key = call ? `${own.path} ${call}` : own.path;
      const open = nested && opened.has(key);
      deepest = open ? own.depth + 1 : own.depth;
      const { path: last } = rows[end - 1] as LayerRow;
      const row = folded ? fold.row : own;
      visible.push({ row, position, end, last, fold, folded, nested, open, key, rail: rails[position] ?? null });
    }
    position = end;
  }
  return visible;
}
