// A small stack as Python sends it, and a model proxy as anywidget gives it.

import type { AnyModel } from "@anywidget/types";
import type { Block, LayerRow, Traits } from "../src/types";

export function row(some: Partial<LayerRow>): LayerRow {
  return {
    index: 0,
    name: "dense",
    path: "dense",
    type: "Dense",
    kind: "dense",
    depth: 0,
    input_shape: [null, 4],
    output_shape: [null, 3],
    dtype: "float32",
    params: 15,
    trainable_params: 15,
    shared_with: null,
    trainable: true,
    trains: true,
    stale: null,
    kernel: null,
    strides: null,
    dilation: null,
    padding: null,
    receptive_field: null,
    receptive_field_stride: null,
    cropped: null,
    macs: 12,
    activation_bytes: 12,
    notes: [],
    training_notes: [],
    unknown: {},
    ...some,
  };
}

export function block(some: Partial<Block>): Block {
  return {
    row: 0,
    count: 1,
    label: "Dense",
    shape: "3",
    title: "dense (Dense)",
    x: 10,
    y: 10,
    w: 8,
    h: 30,
    dx: 0,
    dy: 0,
    cx: 14,
    label_y: 60,
    shape_y: 74,
    cls: "kind-dense",
    frozen: false,
    held: "",
    unknown: false,
    ...some,
  };
}

export function traits(rows: LayerRow[]): Traits {
  const totals = { params: 15, trainable_params: 15, non_trainable_params: 0, macs: 12, activation_bytes: 12 };
  return {
    version: 0,
    page_language: "en",
    language: "en",
    catalogue: {},
    stack: { name: "small", rows, totals, state: "built", stale: "", notes: [], unknown: {} },
    diagram: {
      width: 200,
      height: 90,
      scale: "Height of a bar: 1 px = 1 unit.",
      description: "Shapes in small",
      legend: [{ cls: "kind-dense", label: "Dense" }],
      blocks: rows.map((_, position) => block({ row: position })),
    },
    runs: [],
    remarks: [],
    silent: [],
    changed: [],
    edit: 1,
    refused: {},
    steps: {},
    gone: "",
    error: "",
    size_by: "shape",
    color_by: "kind",
    folded: false,
    selected: -1,
    hovered: -1,
    hidden_columns: ["trainable_params", "dtype"],
    switches: rows.map(() => "on"),
    plan: {},
    waiting: {},
    said: {},
    slots: undefined,
  };
}

/** Behaves as a Backbone model does, as far as we use one. */
export class FakeModel {
  listeners: [string, () => void][] = [];
  saved: Partial<Traits>[] = [];
  changes: Partial<Traits> = {};

  widget_manager = {};
  sent: unknown[] = [];

  send(content: unknown): void {
    this.sent.push(content);
  }

  constructor(public state: Traits) {}

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return this.state[name];
  }

  set<Name extends keyof Traits>(name: Name, value: Traits[Name]): void {
    this.state[name] = value;
    this.changes[name] = value;
    for (const [event, listener] of [...this.listeners]) if (event === `change:${name}`) listener();
  }

  save_changes(): void {
    this.saved.push(this.changes);
    this.changes = {};
  }

  on(event: string, listener: () => void): void {
    this.listeners.push([event, listener]);
  }

  off(event: string, listener: () => void): void {
    if (!listener) throw new Error("off without a callback removes everyone's");
    this.listeners = this.listeners.filter(([other, callback]) => other !== event || callback !== listener);
  }

  get any(): AnyModel<Traits> {
    return this as unknown as AnyModel<Traits>;
  }
}
