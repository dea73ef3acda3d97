// The types of the data that Python sends: the records of seqwidget/model/records.py and
// seqwidget/render/diagram.py as JSON.

import type { Connection, Names } from "./connection";
import type { LanguageTraits } from "./language";

export type Shape = (number | null)[];

/** A row of the table. Fields that are empty or unknown are missing. */
export interface LayerRow {
  index: number;
  name: string;
  path: string;
  type: string;
  kind: string;
  depth: number;
  output_shape?: Shape | Shape[];
  dtype?: string;
  params?: number;
  trainable_params?: number;
  trainable: boolean;
  trains?: boolean;
  stale?: boolean;
  kernel?: number[];
  strides?: number[];
  dilation?: number[];
  padding?: string;
  receptive_field?: number[];
  receptive_field_stride?: number[];
  macs?: number;
  activation_bytes?: number;
  notes?: string[];
  training_notes?: string[];
  unknown?: Record<string, string>;
}

export interface Totals {
  params: number | null;
  trainable_params: number | null;
  non_trainable_params: number | null;
  macs: number | null;
  activation_bytes: number | null;
}

export interface Note {
  key: string;
  row?: number;
  text: string;
  why: string;
}

export interface Stack {
  name: string;
  rows: LayerRow[];
  totals: Totals;
  state: string;
  stale: string;
  notes: Note[];
  unknown: Record<string, string>;
}

export interface Block {
  row: number;
  count: number;
  label: string;
  shape: string;
  title: string;
  x: number;
  y: number;
  w: number;
  h: number;
  dx: number;
  dy: number;
  cx: number;
  label_y: number;
  shape_y: number;
  cls: string;
  frozen: boolean;
  held: string;
  unknown: boolean;
}

export interface Diagram {
  width: number;
  height: number;
  scale: string;
  description: string;
  legend: { cls: string; label: string }[];
  blocks: Block[];
}

export interface Fix {
  description: string;
  code: string;
  output_shape: Shape | Shape[] | null;
}

/** The diagnosis of the last edit if it was refused; otherwise, the trait is an empty object. */
export interface Refusal {
  layer: string;
  type: string;
  input_shape: Shape | Shape[] | null;
  cause: string;
  arithmetic: string;
  fixes: Fix[];
  words: string;
  alternative: string;
}

/**
 * A part of the history: `what` are the steps from `first`, out of `count`.
 * The trait is an empty object for a model without a history.
 */
export interface Steps {
  first: number;
  count: number;
  position: number;
  what: string[];
}

/** The state of a switch. "mixed": only some layers of a nested model train. Empty: no weights. */
export type SwitchState = "on" | "off" | "mixed" | "";

export type Plan = Partial<Record<"kept" | "lost" | "new", string[]>>;

/** Pending flags by path, and when they take effect. */
export interface Waiting {
  flags?: Record<string, boolean>;
  until?: string;
}

/** The traits of every widget. */
export interface LiveTraits extends LanguageTraits {
  component: string;
  front_end: string;
  token: string;
  number: number;
  version: number;
}

/** The layers that a request of a switch or a group selects. */
export interface Meant {
  path?: string;
  pattern?: string;
  type?: string;
  start?: string;
  end?: string;
}

export interface Traits extends LiveTraits {
  stack: Stack;
  diagram: Diagram;
  runs: [number, number][];
  remarks: string[];
  silent: string[];
  changed: number[];
  edit: number;
  refused: Refusal | Record<string, never>;
  steps: Steps | Record<string, never>;
  gone: string;
  error: string;
  size_by: string;
  color_by: string;
  folded: boolean;
  selected: number;
  hovered: number;
  hidden_columns: string[];
  switches: SwitchState[];
  plan: Plan;
  waiting: Waiting;
  /** Bytes of optimizer slots. Only the Trainable panel has this trait. */
  slots: { train?: number; saves?: number } | undefined;
}

const FACTS = [
  "language",
  "stack",
  "diagram",
  "runs",
  "remarks",
  "silent",
  "changed",
  "edit",
  "refused",
  "steps",
  "gone",
  "error",
  "switches",
  "plan",
  "waiting",
] as const satisfies (keyof Traits)[];

const CHOICES = [
  "page_language",
  "size_by",
  "color_by",
  "folded",
  "selected",
  "hovered",
  "hidden_columns",
] as const satisfies (keyof Traits)[];

export const SUMMARY: Names<Traits> = { facts: FACTS, choices: CHOICES };
export const TRAINABLE: Names<Traits> = { facts: [...FACTS, "slots"], choices: CHOICES };

export type PanelConnection = Connection<Traits>;
