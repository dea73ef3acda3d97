// The types of the data that Python sends: the traits of seqwidget/widgets/feature_maps.py.

import type { Names } from "../shared/connection";
import type { Diagram, LiveTraits } from "../shared/types";

export type Form = "maps" | "volume" | "sequence" | "vector" | "matrices";
export type ScaleBy = "channel" | "layer" | "fixed";

/** One layer whose output can be shown. The first point is the input. */
export interface Point {
  path: string;
  /** The position of the layer's row in the stack, as in the diagram's blocks; -1 for the input. */
  row: number;
  depth: number;
  type: string;
  shape: string;
  form: Form;
  /** Whether the layer has kernels that can be shown. */
  filters: boolean;
}

export interface MapsTraits extends LiveTraits {
  name: string;
  points: Point[];
  diagram: Diagram;
  colors: DataView;
  samples: number;
  classes: string[];
  notes: string[];
  state: number;
  changed: string;
  automatic: boolean;
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

export const MAPS: Names<MapsTraits> = {
  facts: [
    "language",
    "name",
    "points",
    "diagram",
    "samples",
    "classes",
    "notes",
    "state",
    "changed",
    "automatic",
    "error",
  ],
  choices: ["page_language", "layer", "sample", "channel", "slice", "filters", "colormap", "scale", "fixed", "sort"],
  constants: ["colors"],
};
