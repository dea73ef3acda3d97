// Finds the rows that feed a row, and those that it feeds. Python sends the pairs of connected rows.

import type { Fold, LayerRow } from "../generated/records";

export interface Flow {
  /** The row itself, with the rows inside it. */
  at: ReadonlySet<number>;
  /** The rows from which data reaches the row, and those that its output reaches. */
  before: ReadonlySet<number>;
  after: ReadonlySet<number>;
}

/**
 * Return the flow through a row, with the rows of nested models; null if the model is a chain.
 * The first row of a collapsed fold stands for all of its rows.
 */
export function flowThrough(at: number, flow: [number, number][], rows: LayerRow[], closed: Fold[] = []): Flow | null {
  if (at < 0 || flow.length === 0 || at >= rows.length) return null;
  const shown = (one: number) => closed.find(({ start, end }) => start <= one && one < end)?.start ?? one;
  const row = shown(at);
  const pairs = closed.length ? flow.map(([a, b]): [number, number] => [shown(a), shown(b)]) : flow;
  const start = [row, ...inside(row, rows)];
  return {
    at: new Set(start),
    before: withModels(reached(start, pairs, 1, 0), start, rows),
    after: withModels(reached(start, pairs, 0, 1), start, rows),
  };
}

/** Return the rows that can be reached from some rows. */
function reached(start: number[], pairs: [number, number][], from: 0 | 1, to: 0 | 1): Set<number> {
  const next = new Map<number, number[]>();
  for (const pair of pairs) next.set(pair[from], [...(next.get(pair[from]) ?? []), pair[to]]);
  const found = new Set(start);
  for (const one of found) for (const other of next.get(one) ?? []) found.add(other); // a set also visits what is added
  return found;
}

/** Add the nested models that have a row in a set, and remove the start. */
function withModels(found: Set<number>, start: number[], rows: LayerRow[]): Set<number> {
  for (const one of [...found]) {
    for (let at = one, depth = rows[one]?.depth ?? 0; depth > 0; at--) {
      const row = rows[at - 1] as LayerRow;
      if (row.depth < depth) {
        found.add(at - 1);
        depth = row.depth;
      }
    }
  }
  for (const one of start) found.delete(one);
  return found;
}

function inside(row: number, rows: LayerRow[]): number[] {
  const found = [];
  const depth = rows[row]?.depth ?? 0;
  for (let at = row + 1; (rows[at]?.depth ?? -1) > depth; at++) found.push(at);
  return found;
}

/** Return the CSS class of a row that is part of a flow, or apart from it. */
export function flowClass(flow: Flow | null, row: number): string {
  if (!flow || row < 0) return "";
  if (flow.before.has(row)) return " is-before";
  if (flow.after.has(row)) return " is-after";
  return flow.at.has(row) ? "" : " is-apart";
}

/** Return the CSS class of a connection between two rows. */
export function arcClass(flow: Flow | null, source: number, target: number): string {
  if (!flow) return "";
  if (flow.at.has(target) || flow.before.has(target)) return " is-before";
  return flow.at.has(source) || flow.after.has(source) ? " is-after" : " is-apart";
}
