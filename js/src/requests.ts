// Questions to the kernel: each has an id, and gets one answer or one error, with arrays as binary buffers.

import type { AnyModel } from "@anywidget/types";
import { t } from "./language";

export type Values = Uint8Array | Int32Array | Float32Array | Float64Array;

export interface NamedArray {
  values: Values;
  shape: number[];
}

export interface Answer {
  facts: Record<string, unknown>;
  arrays: Record<string, NamedArray>;
}

interface Message {
  id: string;
  error?: string;
  facts?: Record<string, unknown>;
  arrays?: { name: string; dtype: string; shape: number[] }[];
}

export type Ask = (what: string, details?: Record<string, unknown>) => Promise<Answer>;

const TYPES = { uint8: Uint8Array, bool: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
const PAGE = Math.random().toString(36).slice(2); // ids of two pages must differ: both hear every answer
let asked = 0;

/** Gives the function that asks, and one that ends the listening. */
export function requests(model: Pick<AnyModel, "send" | "on" | "off">): [Ask, () => void] {
  const open = new Map<string, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  const listener = (message: Message, buffers: DataView[]) => {
    const waiting = open.get(message.id);
    if (!waiting) return;
    open.delete(message.id);
    if (message.error !== undefined) waiting.reject(new Error(message.error));
    else waiting.resolve({ facts: message.facts ?? {}, arrays: named(message.arrays ?? [], buffers) });
  };
  model.on("msg:custom", listener);
  const ask: Ask = (what, details = {}) =>
    new Promise((resolve, reject) => {
      const id = `${PAGE}-${asked++}`;
      open.set(id, { resolve, reject });
      model.send({ ...details, id, ask: what });
    });
  return [ask, () => model.off("msg:custom", listener)];
}

function named(described: NonNullable<Message["arrays"]>, buffers: DataView[]): Record<string, NamedArray> {
  return Object.fromEntries(
    described.map(({ name, dtype, shape }, at) => [name, { values: typed(dtype, buffers[at] as DataView), shape }]),
  );
}

function typed(dtype: string, view: DataView): Values {
  const Type = TYPES[dtype as keyof typeof TYPES];
  if (!Type) throw new Error(t("an array of {dtype} was not expected", { dtype }));
  const { buffer, byteOffset, byteLength } = view;
  // A typed array cannot begin just anywhere.
  return byteOffset % Type.BYTES_PER_ELEMENT
    ? new Type(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
    : new Type(buffer as ArrayBuffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
}
