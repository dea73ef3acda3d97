// What Python sends: the records of seqwidget/stack/records.py and seqwidget/picture/diagram.py as JSON.

export type Shape = (number | null)[];

export interface LayerRow {
  index: number;
  name: string;
  path: string;
  type: string;
  kind: string;
  depth: number;
  input_shape: Shape | Shape[] | null;
  output_shape: Shape | Shape[] | null;
  dtype: string;
  params: number | null;
  trainable_params: number | null;
  shared_with: number | null;
  trainable: boolean;
  trains: boolean | null;
  kernel: number[] | null;
  strides: number[] | null;
  dilation: number[] | null;
  padding: string | null;
  receptive_field: number[] | null;
  receptive_field_stride: number[] | null;
  cropped: number[] | null;
  macs: number | null;
  activation_bytes: number | null;
  unknown: Record<string, string>;
}

export interface Totals {
  params: number | null;
  trainable_params: number | null;
  non_trainable_params: number | null;
  macs: number | null;
  activation_bytes: number | null;
}

export interface Stack {
  name: string;
  rows: LayerRow[];
  totals: Totals;
  state: string;
  notes: string[];
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

export interface Traits {
  version: number;
  stack: Stack;
  diagram: Diagram;
  runs: [number, number][];
  notes: string[];
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
}
