// Generated from Python's declarations by js/generate.py. Do not edit: run `make build`.

import type { Code, Drawing, Greeting, Health, LayerMaps, Preset, ReceptiveFields, SameMaps, StepMemory, StepPreview, Suggestions, Tiles } from "./records";

/** The fields of each request. */
export interface RequestFields {
  hello: { version?: number; front_end?: boolean; start?: string };
  stop: Record<string, never>;
  fix: { layer: string; index: number };
  go: { position: number; seen: [number, number] };
  look: { position: number };
  suggest: Record<string, never>;
  add: { code: string };
  code: Record<string, never>;
  picture: { size_by: string; color_by: string; folded: boolean; unfolded?: number[]; theme?: string; layout?: string; width?: string; preset?: string };
  preset: { size_by: string; color_by: string; folded: boolean; unfolded?: number[]; theme?: string; layout?: string; width?: string; preset?: string };
  silence: { key: string };
  unsilence: Record<string, never>;
  freeze: { path?: string; pattern?: string; type?: string; start?: string; end?: string };
  unfreeze: { path?: string; pattern?: string; type?: string; start?: string; end?: string };
  train_last_only: Record<string, never>;
  recompile: Record<string, never>;
  training_memory: { batch_size: number };
  measure_time: { batch_size: number };
  stop_fit: { after: string };
  pause_fit: { pause: boolean };
  set_learning_rate: { rate: number };
  maps: { layer: string; sample: number; slice: number; filters: boolean; limit: number; budget: number; have?: number };
  epoch_maps: { layer: string; sample: number; slice: number; filters: boolean; run: number; epoch: number };
  tiles: { layer: string; sample: number; slice: number; filters: boolean; limit: number; version: number; channels: number[] };
  value: { layer: string; sample: number; filters: boolean; version: number; at: [number, number, number, number] };
  field: { layer: string; version: number };
  photo: { sample: number; limit: number };
  thumbnails: { limit: number };
  health: { dataset?: boolean };
  array: { layer: string; sample: number; filters: boolean };
}

/** The record in the answer to each request. Arrays are sent separately. */
export interface Answers {
  hello: Greeting;
  stop: Record<string, never>;
  fix: Record<string, never>;
  go: Record<string, never>;
  look: StepPreview;
  suggest: Suggestions;
  add: Record<string, never>;
  code: Code;
  picture: Drawing;
  preset: Preset;
  silence: Record<string, never>;
  unsilence: Record<string, never>;
  freeze: Code;
  unfreeze: Code;
  train_last_only: Code;
  recompile: Code;
  training_memory: StepMemory;
  measure_time: Record<string, never>;
  stop_fit: Record<string, never>;
  pause_fit: Record<string, never>;
  set_learning_rate: Record<string, never>;
  maps: LayerMaps | SameMaps;
  epoch_maps: LayerMaps;
  tiles: Tiles;
  value: Record<string, never>;
  field: ReceptiveFields;
  photo: Record<string, never>;
  thumbnails: Record<string, never>;
  health: Health;
  array: Record<string, never>;
}
