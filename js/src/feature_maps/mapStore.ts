// Fetches and caches the maps to show: one request for a layer's statistics and first tiles, and
// more requests for the other tiles. Cached maps are shown immediately, but the kernel is asked
// each time whether they are still current.

import { type Signal, signal } from "@preact/signals";
import type { Form, LayerMaps, Progress } from "../generated/records";
import type { FeatureMapsTraits } from "../generated/traits";
import type { Answer, Ask } from "../shared/requests";
import type { Range } from "./colors";

/** The maps that are requested. */
export interface Wish {
  layer: string;
  sample: number;
  slice: number;
  filters: boolean;
  limit: number;
}

/** The run, or 0, and the epoch after which maps were kept. */
export type Moment = FeatureMapsTraits["epochs"][number];

/** The maps of one layer for one sample: statistics of all channels, and the tiles so far. */
export interface Maps extends Omit<LayerMaps, "shown"> {
  wish: Wish;
  /** The epoch for which these small maps were kept; undefined for maps of the current model. */
  moment?: Moment;
  form: Form;
  /** The size of a tile. */
  size: readonly [height: number, width: number];
  figures: Figures;
  tiles: Map<number, Uint8Array>;
}

export interface Figures {
  low: Float32Array;
  high: Float32Array;
  mean: Float32Array;
  variance: Float32Array;
  zeros: Float32Array;
  not_finite: Int32Array;
}

const FIGURES = ["low", "high", "mean", "variance", "zeros", "not_finite"];
const CHUNK = 2 ** 20; // bytes of tiles in one answer
const AHEAD = 32 * 2 ** 20; // bytes of tiles to prefetch
const KEPT = 64 * 2 ** 20; // bytes of tiles to cache

export class Store {
  readonly maps: Signal<Maps | null> = signal(null);
  /** The number of answers with more tiles so far. */
  readonly arrived = signal(0);
  readonly error = signal("");
  /** Whether a request has no answer yet. Until it arrives, other maps or cached maps are shown. */
  readonly asking = signal(false);
  /** The progress of the kernel while it runs the model for these maps. */
  readonly progress: Signal<Progress | null> = signal(null);
  #ask: Ask;
  #kept = new Map<string, Maps>(); // the most recent one is last
  #wishes = 0;
  #fetching = 0;
  #order: readonly number[] = [];

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /**
   * Show other maps, for this version of the model. Earlier requests are ignored from now on.
   * The first answer has about as many tiles as fit on the screen: each cell takes at least one of its `pixels`.
   */
  async show(wish: Wish, form: Form, version: number, pixels = CHUNK): Promise<void> {
    const mine = ++this.#wishes;
    const key = JSON.stringify(wish);
    const kept = this.#kept.get(key);
    this.asking.value = true;
    this.error.value = "";
    this.progress.value = null;
    if (kept?.version === version) this.maps.value = kept;
    try {
      const details = { ...wish, budget: Math.min(CHUNK, Math.max(1, Math.round(pixels))), have: kept?.version ?? 0 };
      const { facts, arrays } = await this.#ask("maps", details, (progress) => {
        if (mine === this.#wishes) this.progress.value = progress;
      });
      if (mine !== this.#wishes) return;
      const maps = "same" in facts ? (kept as Maps) : mapsOf(facts, arrays, wish, form);
      this.error.value = "";
      this.maps.value = maps;
      this.#keep(key, maps);
      this.#fetch(maps, mine);
    } catch (error) {
      if (mine === this.#wishes) this.error.value = (error as Error).message;
    } finally {
      if (mine === this.#wishes) this.#answered();
    }
  }

  /** Show the maps that were kept for an epoch; `isPreview` only until those of `show` arrive. */
  async recall(wish: Wish, form: Form, moment: Moment, isPreview: boolean): Promise<void> {
    const mine = isPreview ? this.#wishes : ++this.#wishes;
    if (!isPreview) this.#answered();
    const { layer, sample, slice, filters } = wish;
    try {
      const [run, epoch] = moment;
      const { facts, arrays } = await this.#ask("epoch_maps", { layer, sample, slice, filters, run, epoch });
      if (mine !== this.#wishes || (isPreview && !this.asking.value)) return;
      this.error.value = "";
      this.maps.value = { ...mapsOf(facts, arrays, wish, form), moment };
    } catch (error) {
      if (mine === this.#wishes && !isPreview) this.error.value = (error as Error).message;
    }
  }

  #answered(): void {
    this.asking.value = false;
    this.progress.value = null;
  }

  #keep(key: string, maps: Maps): void {
    this.#kept.delete(key);
    this.#kept.set(key, maps);
    const sizes = [...this.#kept.values()].map(({ tiles, size }) => tiles.size * size[0] * size[1]);
    let bytes = sizes.reduce((sum, one) => sum + one, 0);
    for (const oldest of [...this.#kept.keys()].slice(0, -1)) {
      if (bytes <= KEPT) break;
      bytes -= sizes.shift() ?? 0;
      this.#kept.delete(oldest);
    }
  }

  /** Set which channels to fetch first. */
  prefer(order: readonly number[]): void {
    this.#order = order;
    if (this.maps.value && !this.maps.value.moment) this.#fetch(this.maps.value, this.#wishes);
  }

  async #fetch(maps: Maps, mine: number): Promise<void> {
    if (this.#fetching === mine) return;
    this.#fetching = mine;
    try {
      for (let next = this.#next(maps); next.length; next = this.#next(maps)) {
        const { arrays } = await this.#ask("tiles", { ...maps.wish, version: maps.version, channels: next });
        if (mine !== this.#wishes) return;
        add(maps, next, arrays.codes?.values as Uint8Array);
        this.arrived.value++;
      }
    } catch (error) {
      if (mine === this.#wishes) this.error.value = (error as Error).message;
    } finally {
      if (this.#fetching === mine) this.#fetching = 0;
    }
  }

  /** Return the channels to fetch next: the visible ones, then the others up to a limit. */
  #next({ tiles, size, channels }: Maps): number[] {
    const cells = size[0] * size[1];
    const wanted = this.#order.filter((channel) => channel < channels && !tiles.has(channel));
    const ahead = tiles.size * cells < AHEAD ? first(channels).filter((channel) => !tiles.has(channel)) : [];
    return (wanted.length ? wanted : ahead).slice(0, Math.max(1, Math.floor(CHUNK / cells)));
  }

  /** Ignore all open requests from now on. */
  dispose(): void {
    this.#wishes++;
  }
}

function mapsOf(facts: LayerMaps, arrays: Answer["arrays"], wish: Wish, form: Form): Maps {
  const { shown: size, ...rest } = facts;
  const figures = Object.fromEntries(FIGURES.map((name) => [name, arrays[name]?.values])) as unknown as Figures;
  const tiles = new Map<number, Uint8Array>();
  const maps = { ...rest, wish, form, size, figures, tiles };
  add(maps, first(arrays.codes?.shape[0] ?? 0), arrays.codes?.values as Uint8Array);
  return maps;
}

function first(count: number): number[] {
  return [...Array(count).keys()];
}

function add({ tiles, size }: Maps, channels: readonly number[], codes: Uint8Array): void {
  const cells = size[0] * size[1];
  channels.forEach((channel, at) => {
    tiles.set(channel, codes.subarray(at * cells, (at + 1) * cells));
  });
}

/** Return the range of all channels together. */
export function wholeRange({ low, high }: Figures): Range {
  return [low.reduce((a, b) => Math.min(a, b), Infinity), high.reduce((a, b) => Math.max(a, b), -Infinity)];
}
