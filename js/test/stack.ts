// A small stack as Python sends it, and a model proxy as anywidget passes it.

import type { AnyModel } from "@anywidget/types";
import { strToU8, zlibSync } from "fflate";
import { afterEach } from "vitest";
import { connect, draw } from "../src/front_end";
import type { Block, Fold, LayerRow } from "../src/generated/records";
import type { TrainableTraits } from "../src/generated/traits";
import type { PanelConnection } from "../src/shared/connection";
import type { Inbox } from "../src/shared/frontEnds";

(globalThis as { STYLES?: string }).STYLES = ".seqwidget {}";

export function row(some: Partial<LayerRow>): LayerRow {
  return {
    index: 0,
    name: "dense",
    path: "dense",
    type: "Dense",
    kind: "dense",
    depth: 0,
    output_shape: [null, 3],
    dtype: "float32",
    params: 15,
    trainable_params: 15,
    trainable: true,
    trains: true,
    macs: 12,
    activation_bytes: 12,
    ...some,
  };
}

export function block(some: Partial<Block>): Block {
  return {
    row: 0,
    end: 1,
    count: 1,
    label: "Dense",
    name: "dense",
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

let tokens = 0;

/** Build a fold whose row is the first of its rows. */
export function fold(rows: LayerRow[], start: number, end: number, count: number, changes: Partial<Fold> = {}): Fold {
  return {
    start,
    end,
    count,
    layers: (end - start) / count,
    row: rows[start] as LayerRow,
    channels: null,
    params: null,
    differs: [],
    ...changes,
  };
}

export function traits(rows: LayerRow[]): TrainableTraits {
  const totals = { params: 15, trainable_params: 15, non_trainable_params: 0, macs: 12, activation_bytes: 12 };
  return {
    theme: "any",
    arrangement: "wrapped",
    component: "summary",
    front_end: "key",
    token: `token-${++tokens}`,
    number: 1,
    version: 0,
    page_language: "en",
    language: "en",
    stack: {
      name: "small",
      rows,
      totals,
      input_shape: [null, 4],
      input_dtype: "float32",
      built: true,
      compiled: false,
      broken: false,
      stale: "",
      batch_size: 1,
      notes: [],
      unknown: {},
      state: "built",
    },
    diagram: {
      width: 200,
      height: 90,
      scale: "Height of a bar: 1 px = 1 unit.",
      description: "Shapes in small",
      size_by: "shape",
      color_by: "kind",
      legend: [{ cls: "kind-dense", label: "Dense" }],
      blocks: rows.map((_, position) => block({ row: position })),
      arcs: [],
    },
    folds: [],
    unfolded: [],
    rails: [],
    flow: [],
    remarks: [],
    silent: [],
    changed: [],
    edit: 1,
    last_edit: 1,
    news: "",
    toasts: true,
    refused: {},
    form: {},
    steps: {},
    gone: "",
    error: "",
    size_by: "shape",
    color_by: "kind",
    folded: false,
    selected: -1,
    hovered: -1,
    hidden_columns: ["trainable_params", "update_ratio", "measured_time", "dtype"],
    switches: rows.map(() => "on"),
    plan: {},
    waiting: {},
    slots: {},
    ended: [],
    times: {},
    current: {},
    can_set_rate: false,
    stops_at_not_finite: false,
  } satisfies Partial<TrainableTraits> as TrainableTraits;
}

type Listener = (...values: unknown[]) => void;
type Sent = { ask: string; id: string } & Record<string, unknown>;

/** A model as anywidget documents it; a test sends the messages of its kernel. */
export class FakeModel<T extends { version: number } = TrainableTraits> {
  listeners: [string, Listener][] = [];
  saved: Partial<T>[] = [];
  changes: Partial<T> = {};
  sent: Sent[] = [];

  constructor(public state: T) {}

  send(content: unknown): void {
    this.sent.push(content as Sent);
  }

  get<Name extends keyof T>(name: Name): T[Name] {
    return this.state[name];
  }

  set<Name extends keyof T>(name: Name, value: T[Name]): void {
    this.state[name] = value;
    this.changes[name] = value;
    this.emit(`change:${String(name)}`);
  }

  save_changes(): void {
    this.saved.push(this.changes);
    this.changes = {};
  }

  on(event: string, listener: Listener): void {
    this.listeners.push([event, listener]);
  }

  off(event: string, listener: Listener): void {
    if (!listener) throw new Error("off without a callback removes everyone's");
    this.listeners = this.listeners.filter(([other, callback]) => other !== event || callback !== listener);
  }

  emit(event: string, ...values: unknown[]): void {
    for (const [name, listener] of [...this.listeners]) if (name === event) listener(...values);
  }

  /** Receive a message from the kernel. */
  hear(message: unknown, buffers: DataView[] = []): void {
    this.emit("msg:custom", message, buffers);
  }

  /** Receive the kernel's next patch, which sets these facts. */
  tell(facts: Partial<T>): void {
    const patches = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { "=": value }]));
    this.hear({ version: ++this.version, patches });
  }

  version = 0;

  /** Return the page's requests, except those that check the connection. */
  get requests(): Record<string, unknown>[] {
    return this.sent.filter(({ ask }) => ask !== "hello").map(({ id, ...request }) => request);
  }

  get any(): AnyModel<T> {
    return this as unknown as AnyModel<T>;
  }
}

/** Return a message with a version and all traits, packed as the kernel does. */
export function greeting(version: number, whole: object, id?: unknown): [Record<string, unknown>, DataView[]] {
  const bytes = zlibSync(strToU8(JSON.stringify(whole)));
  const arrays = [{ name: "whole", dtype: "uint8", shape: [bytes.length] }];
  const buffer = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return [{ ...(id === undefined ? {} : { id }), facts: { version }, arrays }, [buffer]];
}

const open = new Set<() => void>();

// A view keeps observing its page until it is closed, but the page exists only as long as its test file runs.
afterEach(() => {
  for (const close of open) close();
});

/** Open a view of a widget whose kernel has already answered. */
export function openView(state: TrainableTraits, inbox: Inbox = [[{ version: state.version }, []]]) {
  const model = new FakeModel(state);
  const el = document.body.appendChild(document.createElement("div"));
  const followed = connect(model.any, inbox);
  const stop = draw(followed, el);
  const close = () => {
    if (!open.delete(close)) return;
    stop();
    followed.dispose();
  };
  open.add(close);
  return { model, el, close, connection: followed.connection as unknown as PanelConnection };
}
