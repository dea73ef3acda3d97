// What Python sends: the traits of seqwidget/widgets/feature_maps.py.

import type { Diagram } from "../types";

export type Form = "maps" | "volume" | "sequence" | "vector" | "matrices";
export type ScaleBy = "channel" | "layer" | "fixed";

/** One place in the model that can be looked at; the first is the input. */
export interface Point {
  path: string;
  /** The block of the diagram, -1 for the input. */
  row: number;
  depth: number;
  type: string;
  form: Form;
  shape: string;
  /** Whether its kernels can be shown. */
  filters: boolean;
}

export interface MapsTraits {
  points: Point[];
  diagram: Diagram;
  colors: DataView;
  samples: number;
  classes: string[];
  notes: string[];
  version: number;
  stale: string;
  automatic: boolean;
  gone: string;
  error: string;
  layer: string;
  sample: number;
  channel: number;
  slice: number;
  filters: boolean;
  colormap: string;
  scale: ScaleBy;
  fixed: [number, number];
  sort: string;
}

export const NAMES = [
  "points",
  "diagram",
  "colors",
  "samples",
  "classes",
  "notes",
  "version",
  "stale",
  "automatic",
  "gone",
  "error",
  "layer",
  "sample",
  "channel",
  "slice",
  "filters",
  "colormap",
  "scale",
  "fixed",
  "sort",
] as const satisfies (keyof MapsTraits)[];
