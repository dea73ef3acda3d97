// What Python sends: the records of seqwidget/model/records.py and seqwidget/render/diagram.py as JSON.

import type { Connection, Names } from "./connection";
import type { LanguageTraits } from "./language";

export type Shape = (number | null)[];

/** A row of the table; what is empty or not known is not there. */
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

/** Why the last edit was refused; no key at all where it was not. */
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

/** A part of the history: the steps from `first` on, of `count` in all. Not there for a model without one. */
export interface Steps {
  first: number;
  count: number;
  position: number;
  what: string[];
}

/** How a switch stands: whether a layer trains, or some of a nested model's do; empty where there are no weights. */
export type SwitchState = "on" | "off" | "mixed" | "";

export type Plan = Partial<Record<"kept" | "lost" | "new", string[]>>;

/** Flags that wait for `fit`, by path, and when they are let in. */
export interface Waiting {
  flags?: Record<string, boolean>;
  until?: string;
}

/** What every widget has. */
export interface LiveTraits extends LanguageTraits {
  component: string;
  front_end: string;
  token: string;
  number: number;
  version: number;
}

/** The layers that a switch or a group of them means. */
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
  /** Bytes of optimizer slots; only the Trainable panel has them. */
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
