// The columns of the layer tables, and which of them the user has hidden. Python declares them
// (seqwidget/render/columns.py); here is how a cell is written.

import type { LayerRow, LayerTime, Totals } from "../generated/records";
import { COLUMNS, type Column, type Format, type Table } from "../generated/tables";
import * as formatting from "./formatting";
import { t } from "./language";
import type { VisibleRow } from "./visibleRows";

/** A row with the measurements of its layer. */
type TimedRow = LayerRow & { timed?: LayerTime };

/** Return the rows of a stack with their times; the same rows if none were measured. */
export function withTimes(rows: LayerRow[], times: LayerTime[] | undefined): LayerRow[] {
  if (!times) return rows;
  return rows.map((row, at) => {
    const timed = times[at] as LayerTime;
    if (timed.unknown) return { ...row, unknown: { ...row.unknown, measured_time: timed.unknown } };
    return { ...row, timed, measured_time: (timed.forward ?? 0) + (timed.backward ?? 0) };
  });
}

/** How a cell is written, from the value of its field and from the whole row. */
const FORMATS: Record<Format, (value: never, row: LayerRow) => string> = {
  position: (_, row) => (row.depth ? "" : String(row.index)),
  layer: (_, row) => row.name,
  switch: () => "",
  shape: formatting.shape,
  count: formatting.count,
  short: formatting.short,
  memory: formatting.memory,
  bytes: (value) => t("{count} bytes", { count: formatting.count(value) }),
  window: (_, row) => formatting.window(row),
  receptive_field: (_, row) => formatting.receptiveField(row),
  flag: (_, row) => (row.trainable ? t("trainable") : t("frozen")),
  step: (_, { stale }) => (stale === undefined ? formatting.DASH : stale ? t("stale") : t("up to date")),
  word: (value) => value ?? formatting.DASH,
  sentences: (value?: string[]) => value?.join("; ") ?? "",
  updates: () => "",
  time: (value?: number) => (value === undefined ? "" : formatting.seconds(value)),
  time_parts: (_, { timed }: TimedRow) =>
    timed?.forward == null || timed.backward == null
      ? ""
      : t("forward {forward}, backward {backward}", {
          forward: formatting.seconds(timed.forward),
          backward: formatting.seconds(timed.backward),
        }),
};

function written(format: Format, { id }: Column, row: LayerRow): string {
  return FORMATS[format](row[id as keyof LayerRow] as never, row);
}

/** Return the text of a cell. Columns with the format `layer`, `switch` or `updates` have their own components. */
export function textOf(column: Column, row: LayerRow): string {
  return written(column.format, column, row) || (row.unknown?.[column.id] ? formatting.DASH : "");
}

/** Return the text of a cell in a row that may stand for several repeated layers. */
export function cellOf(column: Column, { row, fold, folded }: VisibleRow): string {
  if (column.format === "time" && folded) return ""; // the layers differ
  const figure = textOf(column, row);
  return column.each && folded && fold?.layers === 1 ? t("{figure} each", { figure }) : figure;
}

/** Return why a value is not known, or the exact value if the text is rounded or cut. */
export function reasonOf(column: Column, row: LayerRow): string | undefined {
  return row.unknown?.[column.id] ?? (column.exact ? written(column.exact, column, row) : undefined);
}

/** Return the text of a cell in the last row. */
export function totalOf(column: Column, totals: Totals): string {
  if (column.format === "layer") return t("Total");
  return column.total ? FORMATS[column.format](totals[column.id as keyof Totals] as never, {} as LayerRow) : "";
}

/** Return a table of all rows for a spreadsheet: with tabs between cells, and exact numbers. */
export function tabSeparated(columns: Column[], rows: LayerRow[]): string {
  const written = columns.filter(({ format }) => format !== "updates"); // the facts of a run, which a panel draws
  const head = written.flatMap(({ format, header }) => (format === "layer" ? [t(header), t("Type")] : [t(header)]));
  const body = rows.map((row) => written.flatMap((column) => exactOf(column, row)));
  return [head, ...body].map((cells) => `${cells.map(pasted).join("\t")}\n`).join("");
}

/** Return the texts of a cell, with the path and the type of a layer as two cells. */
function exactOf(column: Column, row: LayerRow): string[] {
  if (column.format === "layer") return [row.path, row.type];
  if (column.format === "switch") return [row.trains === undefined ? "" : row.trains ? t("trainable") : t("frozen")];
  if (column.number && column.format !== "position") return [String(row[column.id as keyof LayerRow] ?? "")];
  return [textOf(column, row)];
}

/** Return a text that a spreadsheet takes as one cell, and not as a formula. */
function pasted(text: string): string {
  return text.replace(/\s+/g, " ").replace(/^[=+@-]/, "'$&");
}

export function columnsOf(table: Table): Column[] {
  return COLUMNS.filter(({ tables }) => tables.includes(table));
}

/** Return the columns that do not fit in `room` px, in table order. `stays` is never hidden. */
export function withoutRoom(columns: Column[], rows: LayerRow[], room: number, stays: string): Column[] {
  const needed = new Map(columns.map((column) => [column, widthOf(column, rows)]));
  let sum = [...needed.values()].reduce((all, one) => all + one, 0);
  for (const column of columns.toSorted((a, b) => a.importance - b.importance)) {
    if (sum <= room) break;
    if (column.id === stays || column.format === "layer") continue;
    sum -= needed.get(column) ?? 0;
    needed.delete(column);
  }
  return columns.filter((column) => !needed.has(column));
}

const [MARGINS, HEADER_CHARACTER, CHARACTER] = [22, 6.4, 7]; // px

/** Estimate the width of a column in px. */
function widthOf(column: Column, rows: LayerRow[]): number {
  if (column.width) return column.width;
  const longest = rows.reduce((most, row) => Math.max(most, textOf(column, row).length), 0);
  return MARGINS + Math.max(HEADER_CHARACTER * t(column.header).length, CHARACTER * longest);
}

/** Return the name of a column outside the table. */
export function titleOf({ header }: Column): string {
  return header === "#" ? t("# (position)") : t(header);
}

/** The columns that the user can hide: all except the layer's name. */
export const HIDEABLE = columnsOf("summary").filter((column) => column.format !== "layer");

const KEY = "seqwidget.hidden-columns";

export function remembered(): string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(value) ? value.filter((id) => HIDEABLE.some((column) => column.id === id)) : null;
  } catch {
    return null; // no storage, or invalid data: use the defaults
  }
}

export function remember(hidden: string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(hidden));
  } catch {
    // Without storage, the columns stay hidden only until the page is reloaded.
  }
}
