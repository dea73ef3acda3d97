// The columns of the layer table, and which of them a person wants to see.

import { phrase, t } from "./language";
import type { LayerRow, Totals } from "./types";
import * as words from "./words";

export interface Column {
  id: string;
  /** In English; whoever shows it says it. */
  header: string;
  number?: true;
  /** What the cell says; the layer and the switch columns draw themselves. */
  text: (row: LayerRow) => string;
  /** The exact figure, where the text is rounded. */
  exact?: (row: LayerRow) => string;
  total?: (totals: Totals) => string;
}

export const COLUMNS: Column[] = [
  { id: "index", header: "#", number: true, text: (row) => (row.depth ? "" : String(row.index)) },
  { id: "layer", header: phrase("Layer"), text: (row) => row.name, total: () => t("Total") },
  { id: "trains", header: phrase("Trains"), text: () => "" },
  { id: "output_shape", header: phrase("Output shape"), text: (row) => words.shape(row.output_shape) },
  {
    id: "params",
    header: phrase("Params"),
    number: true,
    text: (row) => words.count(row.params),
    total: (totals) => words.count(totals.params),
  },
  {
    id: "trainable_params",
    header: phrase("Trainable"),
    number: true,
    text: (row) => words.count(row.trainable_params),
    total: (totals) => words.count(totals.trainable_params),
  },
  { id: "kernel", header: phrase("Kernel"), text: words.window },
  { id: "receptive_field", header: phrase("Receptive field"), text: words.receptiveField },
  {
    id: "macs",
    header: phrase("Multiply-adds"),
    number: true,
    text: (row) => words.short(row.macs),
    exact: (row) => words.count(row.macs),
    total: (totals) => words.short(totals.macs),
  },
  {
    id: "activation_bytes",
    header: phrase("Activation"),
    number: true,
    text: (row) => words.memory(row.activation_bytes),
    exact: (row) => t("{count} bytes", { count: words.count(row.activation_bytes) }),
    total: (totals) => words.memory(totals.activation_bytes),
  },
  { id: "dtype", header: phrase("Dtype"), text: (row) => row.dtype ?? words.DASH },
];

function step(stale: boolean | null): string {
  return stale === null ? words.DASH : stale ? t("stale") : t("agrees");
}

/** What the Trainable panel shows instead: the flag, what it comes to, and what the compiled step makes of it. */
export const TRAINING_COLUMNS: Column[] = [
  ...COLUMNS.filter(({ id }) => ["index", "layer", "trains"].includes(id)),
  { id: "flag", header: phrase("Flag"), text: (row) => (row.trainable ? t("trainable") : t("frozen")) },
  { id: "step", header: phrase("Compiled step"), text: (row) => step(row.stale) },
  ...COLUMNS.filter(({ id }) => ["params", "trainable_params"].includes(id)),
  {
    id: "about",
    header: phrase("What frozen means here"),
    text: (row) => row.training_notes.join("; "),
    exact: (row) => row.training_notes.join("; "),
  },
];

/** The layer's name always stays. */
export const HIDEABLE = COLUMNS.filter((column) => column.id !== "layer");

const KEY = "seqwidget.hidden-columns";

export function remembered(): string[] | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(value) ? value.filter((id) => HIDEABLE.some((column) => column.id === id)) : null;
  } catch {
    return null; // no storage here, or not ours: the defaults do
  }
}

export function remember(hidden: string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(hidden));
  } catch {
    // A browser that keeps nothing still hides the columns for now.
  }
}
