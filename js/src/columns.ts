// The columns of the layer table, and which of them the user has hidden.

import { N_, t } from "./language";
import type { LayerRow, Totals } from "./types";
import * as words from "./words";

export interface Column {
  id: string;
  /** In English; it is translated where it is shown. */
  header: string;
  number?: true;
  /** Return the text of a cell. The layer and switch columns have their own components. */
  text: (row: LayerRow) => string;
  /** Return the exact value, if the text is rounded or cut. */
  exact?: (row: LayerRow) => string;
  total?: (totals: Totals) => string;
  /** Whether the value in a row of repeated layers is that of each layer. */
  each?: true;
}

export const COLUMNS: Column[] = [
  { id: "index", header: "#", number: true, text: (row) => (row.depth ? "" : String(row.index)) },
  { id: "layer", header: N_("Layer"), text: (row) => row.name, total: () => t("Total") },
  { id: "trains", header: N_("Trains"), text: () => "" },
  { id: "output_shape", header: N_("Output shape"), text: (row) => words.shape(row.output_shape) },
  {
    id: "params",
    header: N_("Params"),
    number: true,
    each: true,
    text: (row) => words.count(row.params),
    total: (totals) => words.count(totals.params),
  },
  {
    id: "trainable_params",
    header: N_("Trainable"),
    number: true,
    each: true,
    text: (row) => words.count(row.trainable_params),
    total: (totals) => words.count(totals.trainable_params),
  },
  { id: "kernel", header: N_("Kernel"), text: words.window },
  { id: "receptive_field", header: N_("Receptive field"), text: words.receptiveField },
  {
    id: "macs",
    header: N_("Multiply-adds"),
    number: true,
    each: true,
    text: (row) => words.short(row.macs),
    exact: (row) => words.count(row.macs),
    total: (totals) => words.short(totals.macs),
  },
  {
    id: "activation_bytes",
    header: N_("Activation"),
    number: true,
    each: true,
    text: (row) => words.memory(row.activation_bytes),
    exact: (row) => t("{count} bytes", { count: words.count(row.activation_bytes) }),
    total: (totals) => words.memory(totals.activation_bytes),
  },
  { id: "dtype", header: N_("Dtype"), text: (row) => row.dtype ?? words.DASH },
];

function step(stale: boolean | undefined): string {
  return stale === undefined ? words.DASH : stale ? t("stale") : t("up to date");
}

/** The columns of the Trainable panel: the flag, its effect, and the state of the compiled step. */
export const TRAINING_COLUMNS: Column[] = [
  ...COLUMNS.filter(({ id }) => ["index", "layer", "trains"].includes(id)),
  { id: "flag", header: N_("Flag"), text: (row) => (row.trainable ? t("trainable") : t("frozen")) },
  { id: "step", header: N_("Compiled step"), text: (row) => step(row.stale) },
  ...COLUMNS.filter(({ id }) => ["params", "trainable_params"].includes(id)),
  {
    id: "about",
    header: N_("Effect of freezing"),
    text: (row) => row.training_notes?.join("; ") ?? "",
    exact: (row) => row.training_notes?.join("; ") ?? "",
  },
];

/** The order in which columns are hidden when the panel is too narrow. */
const GIVING_WAY = [
  "dtype",
  "about",
  "receptive_field",
  "kernel",
  "activation_bytes",
  "trainable_params",
  "flag",
  "macs",
  "index",
  "step",
  "trains",
  "output_shape",
  "params",
];

/** Return the columns that do not fit in `room` px, in table order. `stays` is never hidden. */
export function withoutRoom(columns: Column[], rows: LayerRow[], room: number, stays: string): Column[] {
  const needed = new Map(columns.map((column) => [column.id, widthOf(column, rows)]));
  let sum = [...needed.values()].reduce((all, one) => all + one, 0);
  for (const id of GIVING_WAY) {
    if (sum <= room) break;
    if (id === stays) continue;
    sum -= needed.get(id) ?? 0;
    needed.delete(id);
  }
  return columns.filter(({ id }) => !needed.has(id));
}

const [MARGINS, HEADER_CHARACTER, CHARACTER] = [22, 6.4, 7]; // px

/**
 * Estimate the width of a column in px. The columns for names and for long texts have a fixed
 * width: they are cut or wrapped, so that they do not push out the other columns.
 */
function widthOf({ id, header, text }: Column, rows: LayerRow[]): number {
  if (id === "layer") return 140;
  if (id === "about") return 230;
  const longest = rows.reduce((most, row) => Math.max(most, text(row).length), 0);
  return MARGINS + Math.max(HEADER_CHARACTER * t(header).length, CHARACTER * longest);
}

/** Return the name of a column outside the table. */
export function titleOf({ header }: Column): string {
  return header === "#" ? t("# (position)") : t(header);
}

/** The columns that the user can hide: all except the layer's name. */
export const HIDEABLE = COLUMNS.filter((column) => column.id !== "layer");

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
