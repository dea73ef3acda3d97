// The connection of a page to one widget: its traits as signals, and whether the kernel answers.
// Facts are traits that only the kernel writes; choices are traits that the page may set. A view is
// live only while its version is the last one that the kernel reported. Otherwise, the page asks
// for all facts. A kernel sends facts in messages; only in a page without a kernel are they part of
// the widget's stored state.

import type { AnyModel } from "@anywidget/types";
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { SummaryTraits } from "../generated/traits";
import type { Inbox } from "./frontEnds";
import { type KernelStatus, watchKernel } from "./kernelStatus";
import { type Entry, setCatalogue, t } from "./language";
import { unpacked } from "./packing";
import { type Json, type Patch, patched } from "./patches";
import { type Answer, type Ask, answerOf, type FieldsOf, type Reply, type RequestName, Requests } from "./requests";

/**
 * `starting`: no kernel has answered yet. `behind`: the kernel has newer facts.
 * `waiting`: an answer is late.
 */
export type Status = "starting" | "behind" | "waiting" | "live" | "disconnected" | "gone";

export type SignalsOf<T> = { [Name in keyof T]: Signal<T[Name]> };

/** The result of the last command that this page sent. */
export interface Outcome {
  code?: string;
  error?: string;
}

interface Message extends Partial<Reply> {
  version?: number;
  patches?: Record<string, Patch>;
  dock?: boolean;
  catalogue?: { language: string; texts: Record<string, Entry> };
}

/** The names of a widget's traits. Only the kernel writes facts; the page may set choices. */
export interface Names<T> {
  facts: readonly (keyof T & string)[];
  choices: readonly (keyof T & string)[];
  /** Traits that never change. */
  constants: readonly (keyof T & string)[];
}

/** The connection of a panel with a layer table. */
export type PanelConnection = Pick<Connection<SummaryTraits>, "traits" | "status" | "outcome" | "ask" | "act" | "set">;

const UNKNOWN = -1; // the version of a page that has no facts
const FRESH = 2000; // ms after a message in which the kernel is assumed to be there
const LOST = 10_000; // ms after which an answer to `hello` is no longer expected
const AGAIN = 1000; // ms after which a page that is not live repeats `hello`; twice as long each time

export class Connection<T extends object> {
  readonly traits: SignalsOf<T>;
  readonly status: ReadonlySignal<Status>;
  /** Whether there are facts to show. */
  readonly hasFacts: ReadonlySignal<boolean>;
  readonly outcome: Signal<Outcome> = signal({});
  /** How often the kernel has asked to dock the panel. */
  readonly docks: Signal<number> = signal(0);
  readonly ask: Ask;
  #model: AnyModel<T>;
  #token: string;
  #requests: Requests;
  #known: Signal<number>;
  #told: Signal<number | null> = signal(null);
  #kernel: Signal<KernelStatus> = signal("connected");
  #heard = 0;
  #greetedAt = 0; // when an open `hello` was sent; 0 if there is none
  /** Choices that were set in this page only. */
  #here = new Set<string>();
  #ends: (() => void)[] = [];

  constructor(model: AnyModel<T>, names: Names<T>, inbox: Inbox) {
    this.#model = model;
    this.#requests = new Requests(model as never);
    this.ask = this.#requests.ask;
    this.#token = model.get("token" as keyof T & string) as string;
    const get = (name: string) => model.get(name as keyof T & string) as unknown;
    const traits: Record<string, Signal> = {};
    for (const name of [...names.facts, ...names.choices, ...names.constants]) traits[name] = signal(get(name));
    this.traits = traits as unknown as SignalsOf<T>;
    for (const name of names.choices)
      this.#on(`change:${name}`, () => {
        this.#here.delete(name);
        this.#signal(name, get(name));
      });
    this.#known = signal(names.facts.every((name) => get(name) !== undefined) ? (get("version") as number) : UNKNOWN);
    this.hasFacts = computed(() => this.#known.value !== UNKNOWN);
    this.status = computed(() => this.#standing());
    this.#on("msg:custom", (message: Message, buffers: DataView[]) => this.#hear(message, buffers));
    this.#ends.push(watchKernel(model as never, (status) => this.#hearOfKernel(status)));
    for (const [message, buffers] of inbox) this.#hear(message as Message, buffers);
    if (this.#told.peek() !== this.#known.peek()) this.hello();
  }

  /** Ask whether the kernel is there and which version it has, unless a message has just arrived. */
  prove(): void {
    if (Date.now() - this.#heard > FRESH) this.hello();
  }

  /** Set a choice for all views in this page and, unless `here` is true, in the kernel. */
  readonly set = <Name extends keyof T & string>(name: Name, value: T[Name], options?: { here: boolean }): void => {
    if (options?.here) {
      this.#here.add(name);
      this.#signal(name, value);
      return;
    }
    this.#model.set(name, value);
    this.#model.save_changes();
  };

  /** Send a command to the kernel. The result is in the traits and in `outcome`. */
  readonly act = async <Name extends RequestName>(what: Name, ...fields: FieldsOf<Name>): Promise<void> => {
    const none: Outcome = {};
    this.outcome.value = none;
    const outcome = await this.ask(what, ...fields).then(
      ({ facts }) => facts as Outcome,
      ({ message }): Outcome => ({ error: message }),
    );
    // The kernel has two threads: a command may be answered after a later one.
    if (outcome.error || this.outcome.value === none) this.outcome.value = outcome;
  };

  hello(): void {
    if (Date.now() - this.#greetedAt >= LOST) this.#greet(AGAIN);
  }

  dispose(): void {
    this.#requests.abandon("");
    for (const end of this.#ends) end();
  }

  /** Send `hello`, and repeat it while the page is not live: a page that has just connected may lose messages. */
  async #greet(wait: number): Promise<void> {
    const now = Date.now();
    this.#greetedAt = now;
    setTimeout(() => {
      if (this.#greetedAt === now && this.#told.peek() !== this.#known.peek()) this.#greet(2 * wait);
    }, wait);
    try {
      this.#greeted(await this.ask("hello", { version: this.#known.peek(), front_end: true }));
      this.#requests.abandon("", "hello"); // earlier ones, which were lost
    } catch {
      // The status already shows why the request ended. A later request may be answered.
    } finally {
      if (this.#greetedAt === now) this.#greetedAt = 0;
    }
  }

  /** Handle the answer to `hello`, or a first message: a version and, if ours may differ, facts and choices. */
  #greeted({ facts: { version }, arrays: { whole } }: Answer<"hello">): void {
    const traits = whole && unpacked(whole.values as Uint8Array);
    batch(() => {
      for (const [name, value] of Object.entries(traits ?? {}))
        if (name in this.traits && !this.#here.has(name)) this.#signal(name, value);
      if (traits) this.#known.value = version;
      this.#told.value = version;
    });
  }

  #standing(): Status {
    if (this.#kernel.value !== "connected") return this.#kernel.value;
    if (this.#told.value === null) return "starting";
    if (this.#told.value !== this.#known.value) return "behind";
    return this.#requests.late.value ? "waiting" : "live";
  }

  #hear(message: Message, buffers: DataView[]): void {
    this.#heard = Date.now();
    if (this.#kernel.value !== "connected") this.#kernel.value = "connected";
    const catalogue = message.catalogue ?? (message.facts?.catalogue as Message["catalogue"]);
    if (catalogue) setCatalogue(catalogue);
    const isFirst = message.facts && message.id === undefined; // from a kernel that opens the widget
    if (isFirst || message.id === `${this.#token}-loader`) this.#greeted(answerOf(message as Reply, buffers));
    else if (message.id !== undefined) this.#requests.answer(message as Reply, buffers);
    else if (message.dock) this.docks.value++;
    else if (message.version !== undefined) this.#take(message.version, message.patches ?? {});
  }

  #take(version: number, patches: Record<string, Patch>): void {
    batch(() => {
      const next = version === this.#known.value + 1;
      if (this.hasFacts.value && next && this.#apply(patches)) this.#known.value = version;
      this.#told.value = Math.max(version, this.#told.value ?? 0);
    });
    if (this.#told.value !== this.#known.value) this.hello();
  }

  /** Apply all patches of a message, or none of them if one fails. */
  #apply(patches: Record<string, Patch>): boolean {
    try {
      const values = Object.entries(patches).map(
        ([name, one]) => [name, patched(this.traits[name as keyof T].peek() as Json, one)] as const,
      );
      for (const [name, value] of values) this.#signal(name, value);
      return true;
    } catch {
      return false;
    }
  }

  #hearOfKernel(status: KernelStatus): void {
    const before = this.#kernel.peek();
    if (before === "gone" || before === status) return;
    this.#kernel.value = status;
    if (status === "connected") this.hello();
    else this.#requests.abandon(t("the kernel did not answer, so the change may not have happened."));
  }

  #signal(name: string, value: unknown): void {
    this.traits[name as keyof T].value = value as never;
  }

  #on(event: string, listener: (...values: never[]) => void): void {
    this.#model.on(event as never, listener as never);
    this.#ends.push(() => this.#model.off(event as never, listener as never));
  }
}
