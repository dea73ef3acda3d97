// Generated from Python's declarations by js/generate.py. Do not edit: run `make build`.

import { N_ } from "../shared/language";
import type { Diagram, Fold, MeasuredTime, Plan, Point, Rail, Refusal, Slots, Stack, Steps, SwitchState, TrainingRun, Waiting } from "./records";

/** The traits of `LocalizedWidget`. */
export interface LocalizedWidgetTraits {
  language: string;
  page_language: string;
}

/** The traits of `LiveWidget`. */
export interface LiveWidgetTraits extends LocalizedWidgetTraits {
  component: string;
  front_end: string;
  number: number;
  token: string;
  version: number;
}

/** The traits of `Switches`. */
export interface SwitchesTraits extends LiveWidgetTraits {
  plan: Plan;
  switches: SwitchState[];
  waiting: Waiting;
}

/** The traits of `Runs`. */
export interface RunsTraits extends SwitchesTraits {
  can_set_rate: boolean;
  current: TrainingRun | Record<string, never>;
  ended: TrainingRun[];
  stops_at_not_finite: boolean;
}

/** The traits of `EditNews`. */
export interface EditNewsTraits extends RunsTraits {
  last_edit: number;
  news: string;
  toasts: boolean;
}

/** The traits of `Summary`. */
export interface SummaryTraits extends EditNewsTraits {
  arrangement: "wrapped" | "row" | "column";
  changed: number[];
  color_by: "kind" | "params" | "macs" | "activation_bytes" | "update_ratio" | "measured_time";
  diagram: Diagram;
  edit: number;
  error: string;
  flow: [number, number][];
  folded: boolean;
  folds: Fold[];
  form: Diagram | Record<string, never>;
  gone: string;
  hidden_columns: string[];
  hovered: number;
  rails: (Rail | null)[];
  refused: Refusal | Record<string, never>;
  remarks: string[];
  selected: number;
  silent: string[];
  size_by: "shape" | "params" | "macs" | "activation_bytes";
  stack: Stack;
  steps: Steps | Record<string, never>;
  theme: "any" | "light" | "dark" | "print" | "colorblind" | "mono";
  times: MeasuredTime | Record<string, never>;
  unfolded: number[];
}

/** The traits of `Trainable`. */
export interface TrainableTraits extends SummaryTraits {
  slots: Slots;
}

/** The traits of `Training`. */
export interface TrainingTraits extends SummaryTraits {
}

/** The traits of `MapChoices`. */
export interface MapChoicesTraits extends LiveWidgetTraits {
  channel: number;
  colormap: "viridis" | "magma" | "grey" | "diverging";
  epochs: [number, number][];
  filters: boolean;
  fixed: [number, number];
  layer: string;
  sample: number;
  scale: "channel" | "layer" | "fixed";
  slice: number;
  sort: "index" | "mean" | "high" | "variance" | "zeros" | "likeness";
}

/** The traits of `FeatureMaps`. */
export interface FeatureMapsTraits extends MapChoicesTraits {
  analysing: boolean;
  automatic: boolean;
  changed: string;
  classes: string[];
  colors: DataView;
  dataset: boolean;
  diagram: Diagram;
  error: string;
  name: string;
  notes: string[];
  points: Point[];
  samples: number;
  state: number;
}

/** The traits by the name of the component that draws the widget. */
export interface WidgetTraits {
  summary: SummaryTraits;
  trainable: TrainableTraits;
  training: TrainingTraits;
  feature_maps: FeatureMapsTraits;
}

export const TRAITS = {
  summary: { facts: ["language", "plan", "switches", "waiting", "can_set_rate", "current", "ended", "last_edit", "news", "changed", "diagram", "edit", "error", "flow", "folds", "form", "gone", "rails", "refused", "remarks", "silent", "stack", "steps", "times"], choices: ["page_language", "stops_at_not_finite", "toasts", "arrangement", "color_by", "folded", "hidden_columns", "hovered", "selected", "size_by", "theme", "unfolded"], constants: [] },
  trainable: { facts: ["language", "plan", "switches", "waiting", "can_set_rate", "current", "ended", "last_edit", "news", "changed", "diagram", "edit", "error", "flow", "folds", "form", "gone", "rails", "refused", "remarks", "silent", "stack", "steps", "times", "slots"], choices: ["page_language", "stops_at_not_finite", "toasts", "arrangement", "color_by", "folded", "hidden_columns", "hovered", "selected", "size_by", "theme", "unfolded"], constants: [] },
  training: { facts: ["language", "plan", "switches", "waiting", "can_set_rate", "current", "ended", "last_edit", "news", "changed", "diagram", "edit", "error", "flow", "folds", "form", "gone", "rails", "refused", "remarks", "silent", "stack", "steps", "times"], choices: ["page_language", "stops_at_not_finite", "toasts", "arrangement", "color_by", "folded", "hidden_columns", "hovered", "selected", "size_by", "theme", "unfolded"], constants: [] },
  feature_maps: { facts: ["language", "epochs", "analysing", "automatic", "changed", "classes", "dataset", "diagram", "error", "name", "notes", "points", "samples", "state"], choices: ["page_language", "channel", "colormap", "filters", "fixed", "layer", "sample", "scale", "slice", "sort"], constants: ["colors"] },
} as const;

export const LABELS = {
  arrangement: { wrapped: N_("several lines"), row: N_("one line"), column: N_("column") },
  color_by: { kind: N_("kind of layer"), params: N_("parameters"), macs: N_("multiply-adds"), activation_bytes: N_("activation memory"), update_ratio: N_("size of updates"), measured_time: N_("measured time") },
  size_by: { shape: N_("shape"), params: N_("parameters"), macs: N_("multiply-adds"), activation_bytes: N_("activation memory") },
  theme: { any: N_("for any page"), light: N_("light"), dark: N_("dark"), print: N_("print"), colorblind: N_("colour-blind safe"), mono: N_("black and white") },
  colormap: { viridis: "viridis", magma: "magma", grey: N_("grey"), diverging: N_("diverging around 0") },
  scale: { channel: N_("each channel"), layer: N_("the layer"), fixed: N_("fixed") },
  sort: { index: N_("channel number"), mean: N_("mean"), high: N_("maximum"), variance: N_("variance"), zeros: N_("sparsity"), likeness: N_("similarity to the selected channel") },
} as const;
