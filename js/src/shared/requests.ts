// Requests to the kernel: questions and commands alike. Each has an id and gets exactly one answer or
// one error. seqwidget/widgets/schema.py declares the fields and the answer of each request, and
// checks each request that arrives. Arrays are sent as binary buffers.

import type { AnyModel } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Progress } from "../generated/records";
import type { Answers, RequestFields } from "../generated/requests";

export type Values = Uint8Array | Int32Array | Float32Array | Float64Array;

export interface NamedArray {
  values: Values;
  shape: number[];
}

export type RequestName = keyof RequestFields;

export interface Answer<Name extends RequestName = RequestName> {
  facts: Answers[Name];
  arrays: Record<string, NamedArray>;
}

/** The arguments of a request: its fields, which may be left out if none is required, and a function that receives progress. */
export type FieldsOf<Name extends RequestName> =
  Record<string, never> extends RequestFields[Name]
    ? [fields?: RequestFields[Name], onProgress?: OnProgress<Name>]
    : [fields: RequestFields[Name], onProgress?: OnProgress<Name>];

export interface Reply {
  id: string;
  /** The progress of the answer. A message with progress may have a part of the answer; the complete answer follows. */
  progress?: Progress;
  error?: string;
  facts?: Record<string, unknown>;
  arrays?: { name: string; dtype: string; shape: number[] }[];
}

export type OnProgress<Name extends RequestName = RequestName> = (progress: Progress, partial?: Answer<Name>) => void;
export type Ask = <Name extends RequestName>(what: Name, ...rest: FieldsOf<Name>) => Promise<Answer<Name>>;

interface Open {
  what: RequestName;
  onProgress: OnProgress<never>;
  resolve: (answer: Answer<never>) => void;
  reject: (error: Error) => void;
  timer: ReturnType<typeof setTimeout>;
}

const TYPES = { uint8: Uint8Array, bool: Uint8Array, int32: Int32Array, float32: Float32Array, float64: Float64Array };
const PAGE = Math.random().toString(36).slice(2); // for unique ids: all pages get every answer
const LATE = 700; // ms without an answer until a panel shows that it is waiting
let asked = 0;

/** The open requests of one widget. */
export class Requests {
  #model: Pick<AnyModel, "send">;
  #open = new Map<string, Open>();
  #late: Signal<number> = signal(0);
  /** The number of open requests that are late. */
  readonly late: ReadonlySignal<number> = this.#late;

  constructor(model: Pick<AnyModel, "send">) {
    this.#model = model;
  }

  readonly ask: Ask = (what, ...[fields, onProgress = () => {}]) =>
    new Promise((resolve, reject) => {
      const id = `${PAGE}-${asked++}`;
      const open: Open = { what, resolve, reject, onProgress, timer: this.#timer(() => open) };
      this.#open.set(id, open);
      this.#model.send({ ...fields, id, ask: what });
    });

  answer(reply: Reply, buffers: DataView[]): void {
    const open = this.#open.get(reply.id);
    if (!open) return; // the answer to a request of another page
    this.#stopTimer(open);
    if (reply.progress) {
      open.timer = this.#timer(() => open);
      open.onProgress(reply.progress, reply.facts && answerOf(reply, buffers));
      return;
    }
    this.#open.delete(reply.id);
    if (reply.error !== undefined) open.reject(new Error(reply.error));
    else
      try {
        open.resolve(answerOf(reply, buffers));
      } catch (error) {
        open.reject(error as Error);
      }
  }

  /** Reject all open requests, or those of one name, because their answers will not come. */
  abandon(why: string, what?: RequestName): void {
    for (const [id, open] of this.#open) {
      if (what && open.what !== what) continue;
      this.#stopTimer(open);
      this.#open.delete(id);
      open.reject(new Error(why));
    }
  }

  #timer(open: () => Open): Open["timer"] {
    return setTimeout(() => {
      this.#late.value++;
      open().timer = 0 as never;
    }, LATE);
  }

  #stopTimer(open: Open): void {
    if (open.timer) clearTimeout(open.timer);
    else this.#late.value--;
  }
}

/** Return the answer in a message, with its buffers as arrays. */
export function answerOf({ facts, arrays }: Reply, buffers: DataView[]): Answer<never> {
  return { facts: (facts ?? {}) as never, arrays: named(arrays ?? [], buffers) };
}

function named(described: NonNullable<Reply["arrays"]>, buffers: DataView[]): Record<string, NamedArray> {
  return Object.fromEntries(
    described.map(({ name, dtype, shape }, at) => [name, { values: typed(dtype, buffers[at] as DataView), shape }]),
  );
}

function typed(dtype: string, view: DataView): Values {
  const Type = TYPES[dtype as keyof typeof TYPES];
  if (!Type) throw new Error(`an array of ${dtype} was not expected`); // by no kernel with this front end
  const { buffer, byteOffset, byteLength } = view;
  // The start of a typed array must be aligned to its element size.
  return byteOffset % Type.BYTES_PER_ELEMENT
    ? new Type(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer)
    : new Type(buffer as ArrayBuffer, byteOffset, byteLength / Type.BYTES_PER_ELEMENT);
}
