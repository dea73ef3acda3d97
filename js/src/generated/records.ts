// Generated from Python's declarations by js/generate.py. Do not edit: run `make build`.

export type Shape = (number | null)[];

export type State = "unbuilt" | "broken" | "built" | "compiled" | "stale";

export type SwitchState = "on" | "off" | "mixed" | "";

export type Form = "maps" | "volume" | "sequence" | "vector" | "matrices";

export type RunState = "running" | "paused" | "finished" | "stopped" | "failed" | "interrupted";

/** What `recompile` would keep, lose and add. */
export interface Plan {
  kept?: string[];
  lost?: string[];
  new?: string[];
}

/** Pending flags by path, and when they take effect. */
export interface Waiting {
  flags?: Record<string, boolean>;
  until?: string;
}

/** What one call of ``fit`` has done so far. */
export interface TrainingRun {
  number: number;
  changes: string[];
  state: RunState;
  epochs: number;
  first_epoch: number;
  epoch: number;
  steps: number | null;
  batch: number;
  seconds: number;
  curves: Curve[];
  epoch_numbers: number[];
  epoch_ends: number[];
  logs: (Record<string, number | null>)[];
  learning_rates: (number | null)[];
  layers: LayerUpdates[];
  units: LayerUnits[];
  not_finite: NotFinite | null;
  notes: string[];
}

/** The layout of a shape diagram: its size in px, its blocks from left to right, and their connections. */
export interface Diagram {
  width: number;
  height: number;
  scale: string;
  description: string;
  size_by: string;
  color_by: string;
  legend: Key[];
  blocks: Block[];
  arcs: Arc[];
}

/** A block of layers that repeats: the rows from ``start`` up to, but not including, ``end``, as ``count`` repeats. */
export interface Fold {
  start: number;
  end: number;
  count: number;
  layers: number;
  row: LayerRow;
  channels: [number, number] | null;
  params: [number, number] | null;
  differs: string[];
}

/** The rail of a row, in px: the position of its dot, the width, and the SVG path of the lines. */
export interface Rail {
  x: number;
  width: number;
  path: string;
  feeds: string;
}

/** Why a layer does not fit on a stack, and which edits would fit. */
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

/** All facts about a model at one moment. */
export interface Stack {
  name: string;
  rows: LayerRow[];
  totals: Totals;
  input_shape: Shape | Shape[] | null;
  input_dtype: string | null;
  built: boolean;
  compiled: boolean;
  broken: boolean;
  stale: string;
  batch_size: number;
  notes: Note[];
  unknown: Record<string, string>;
  state: State;
}

/** A part of the history: ``what`` are the steps from ``first``, out of ``count``. */
export interface Steps {
  first: number;
  count: number;
  position: number;
  what: string[];
}

/** The measured time of all layers of a model. */
export interface MeasuredTime {
  batch_size: number;
  layers: LayerTime[];
  call: number;
}

/** Bytes of the optimizer slots for the weights that train, and bytes that the frozen ones would need. */
export interface Slots {
  train?: number;
  saves?: number;
}

/** A layer whose output can be shown. The first point is the input. */
export interface Point {
  path: string;
  row: number;
  depth: number;
  type: string;
  shape: string;
  form: Form;
  filters: boolean;
}

/** The current version, and what the page lacks: the front end, or its texts. A buffer has all traits, if it lacks them. */
export interface Greeting {
  version: number;
  front_end?: string;
  catalogue?: Catalogue;
}

/** The model at an earlier or later step, and what would change by going there. */
export interface StepPreview {
  what: string;
  rows: StepRow[];
  params: string;
  added: string[];
  removed: string[];
  reshaped: string[];
}

/** The usual next layers. */
export interface Suggestions {
  offers: Suggestion[];
}

/** Python code that builds the stack, or that does the same as a request. */
export interface Code {
  code: string;
}

/** The shape diagram as an SVG document. */
export interface Drawing {
  svg: string;
}

/** The options of a picture: as JSON in whole, those for which the panel has menus, and the rest as JSON. */
export interface Preset {
  whole: string;
  rest: string;
  size_by?: string;
  color_by?: string;
  folded?: boolean;
  theme?: string;
  layout?: string;
  width?: string;
}

/** Bytes that a training step needs; ``unknown`` has the reasons for those that are not known. */
export interface StepMemory {
  weights: number | null;
  gradients: number | null;
  optimizer: number | null;
  activations: number | null;
  backward: number | null;
  total: number | null;
  unknown: Record<string, string>;
}

/** The maps of a layer for a sample. The statistics and the first tiles are arrays. */
export interface LayerMaps {
  version: number;
  channels: number;
  slices: number;
  height: number;
  width: number;
  factor: number;
  shown: [number, number];
}

/** The page already has these maps. */
export interface SameMaps {
  same: true;
}

/** More tiles of a layer; the tiles are an array. */
export interface Tiles {
  factor: number;
}

/** Whether the receptive fields of a layer are known; they are arrays. */
export interface ReceptiveFields {
  known: boolean;
}

/** The health of all layers; their histograms are arrays. */
export interface Health {
  layers: LayerHealth[];
  samples: number;
  dataset: boolean;
  problem: string;
  version: number;
}

/** The progress of the answer to a request: the layers that have run, or the samples or batches that are processed. */
export interface Progress {
  done: number;
  of: number | null;
  samples?: number;
}

/** A metric over the batches of a run. */
export interface Curve {
  name: string;
  points: ([number, number | null, number | null, number | null])[];
}

/** How much training changes the weights of a layer. */
export interface LayerUpdates {
  path: string;
  type: string;
  trains: boolean;
  batches: number[];
  ratios: (number | null)[];
  norm: number | null;
  histograms: WeightHistogram[];
}

/** The share of a layer's units that are dead or saturated, on a few samples. */
export interface LayerUnits {
  path: string;
  type: string;
  epochs: number[];
  dead: number[];
  saturated: number[];
}

/** The first value of a run that was NaN or infinite. */
export interface NotFinite {
  epoch: number;
  batch: number;
  metrics: string[];
  layers: string[];
  at_once: number;
  were_weights_bad: boolean;
  data: ("inputs" | "targets" | "sample weights")[];
  output: string | null;
  unknown: string;
}

/** An entry of the legend: a CSS class, which determines the colour, and its label. */
export interface Key {
  cls: string;
  label: string;
}

/** One block, in px, with its front face at (x, y) and its back face at (x + dx, y - dy). */
export interface Block {
  row: number;
  end: number;
  count: number;
  label: string;
  name: string;
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

/** A connection between two blocks, from left to right: their rows, its ends in px, and its SVG path. */
export interface Arc {
  source: number;
  target: number;
  left: number;
  right: number;
  path: string;
}

/** What is known about one layer in one model. */
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

/** An edit that was tried and fits. */
export interface Fix {
  description: string;
  code: string;
  output_shape: Shape | Shape[] | null;
}

/** Sums over a stack. Every weight counts once. */
export interface Totals {
  params: number | null;
  trainable_params: number | null;
  non_trainable_params: number | null;
  macs: number | null;
  activation_bytes: number | null;
}

/** A hint about a model that works. */
export interface Note {
  key: string;
  row?: number;
  text: string;
  why: string;
}

/** The measured time of one layer in a step of training, in seconds. */
export interface LayerTime {
  path: string;
  forward: number | null;
  backward: number | null;
  unknown: string;
}

/** The page's texts in a language. A text about a number of things has one for each plural category. */
export interface Catalogue {
  language: string;
  texts: Record<string, string | Record<string, string>>;
}

/** A layer of an earlier step. */
export interface StepRow {
  name: string;
  type: string;
  shape: string;
}

/** A usual next layer, and the output shape that it would give. */
export interface Suggestion {
  code: string;
  shape: string;
}

/** The channels of a layer that have a problem. */
export interface LayerHealth {
  path: string;
  channels: number;
  dead: number[];
  saturated: number[];
  not_finite: number;
  duplicates: [number, number][] | null;
  whole: boolean;
}

/** The distribution of a layer's weights after an epoch. */
export interface WeightHistogram {
  epoch: number;
  low: number;
  high: number;
  counts: number[];
}
