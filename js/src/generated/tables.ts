// Generated from Python's declarations by js/generate.py. Do not edit: run `make build`.

import { N_ } from "../shared/language";

export const DASH = "—" as const;

export const PREFIXES = [[1000000000000.0, "T"], [1000000000.0, "G"], [1000000.0, "M"], [1000.0, "k"]] as const;

export const ROUNDS_UP = 0.9995 as const;

export const DECIMALS = [[9.995, 2], [99.95, 1]] as const;

export const STATES = {
  unbuilt: N_("unbuilt"),
  broken: N_("broken"),
  built: N_("built"),
  compiled: N_("compiled"),
  stale: N_("stale"),
} as const;

export const RUN_STATES = {
  running: N_("running"),
  paused: N_("paused"),
  finished: N_("finished"),
  stopped: N_("stopped"),
  failed: N_("ended by an error"),
  interrupted: N_("interrupted"),
} as const;

export const COLORMAPS = ["viridis", "magma", "grey", "diverging"] as const;

/** The colour of values that are not finite, as the pixel of a canvas. */
export const NOT_FINITE = 4294902015 as const;

/** The steps from the minimum to the maximum of a channel, as bytes. */
export const STEPS = 254 as const;

/** The number of maps on one page. */
export const PAGE = 64 as const;

/** The row of the block that stands for the input. */
export const INPUT_ROW = -1 as const;

/** The row of the block of a layer that did not fit. */
export const REFUSED_ROW = -2 as const;

/** The distance of a dot of the rail from the top of its row, in px. */
export const DOT_Y = 12 as const;

export type Table = "static" | "summary" | "trainable";

export type Format = "position" | "layer" | "switch" | "shape" | "count" | "short" | "memory" | "bytes" | "window" | "receptive_field" | "flag" | "step" | "word" | "sentences" | "updates" | "time" | "time_parts";

/** One column. */
export interface Column {
  id: string;
  header: string;
  format: Format;
  tables: Table[];
  importance: number;
  number: boolean;
  exact: Format | null;
  total: boolean;
  each: boolean;
  width: number | null;
}

export const COLUMNS: Column[] = [
  { id: "index", header: "#", format: "position", tables: ["static", "summary", "trainable"], importance: 90, number: true, exact: null, total: false, each: false, width: null },
  { id: "layer", header: N_("Layer"), format: "layer", tables: ["static", "summary", "trainable"], importance: 1000, number: false, exact: null, total: false, each: false, width: 140 },
  { id: "trains", header: N_("Trains"), format: "switch", tables: ["summary", "trainable"], importance: 110, number: false, exact: null, total: false, each: false, width: null },
  { id: "flag", header: N_("Flag"), format: "flag", tables: ["trainable"], importance: 70, number: false, exact: null, total: false, each: false, width: null },
  { id: "step", header: N_("Compiled step"), format: "step", tables: ["trainable"], importance: 100, number: false, exact: null, total: false, each: false, width: null },
  { id: "output_shape", header: N_("Output shape"), format: "shape", tables: ["static", "summary"], importance: 120, number: false, exact: null, total: false, each: false, width: null },
  { id: "params", header: N_("Params"), format: "count", tables: ["static", "summary", "trainable"], importance: 130, number: true, exact: null, total: true, each: true, width: null },
  { id: "trainable_params", header: N_("Trainable"), format: "count", tables: ["summary", "trainable"], importance: 60, number: true, exact: null, total: true, each: true, width: null },
  { id: "kernel", header: N_("Kernel"), format: "window", tables: ["static", "summary"], importance: 40, number: false, exact: null, total: false, each: false, width: null },
  { id: "receptive_field", header: N_("Receptive field"), format: "receptive_field", tables: ["static", "summary"], importance: 30, number: false, exact: null, total: false, each: false, width: null },
  { id: "macs", header: N_("Multiply-adds"), format: "short", tables: ["static", "summary"], importance: 80, number: true, exact: "count", total: true, each: true, width: null },
  { id: "activation_bytes", header: N_("Activation"), format: "memory", tables: ["static", "summary"], importance: 50, number: true, exact: "bytes", total: true, each: true, width: null },
  { id: "update_ratio", header: N_("Update / weights"), format: "updates", tables: ["summary"], importance: 125, number: false, exact: null, total: false, each: false, width: 195 },
  { id: "measured_time", header: N_("Time alone"), format: "time", tables: ["summary"], importance: 124, number: true, exact: "time_parts", total: false, each: false, width: null },
  { id: "dtype", header: N_("Dtype"), format: "word", tables: ["summary"], importance: 10, number: false, exact: null, total: false, each: false, width: null },
  { id: "training_notes", header: N_("Effect of freezing"), format: "sentences", tables: ["trainable"], importance: 20, number: false, exact: "sentences", total: false, each: false, width: 230 },
];
