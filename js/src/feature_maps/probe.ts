// The exact value under the pointer. Tiles only have bytes, so the value is requested from the
// kernel: one request at a time, always for the last position.

import { signal } from "@preact/signals";
import type { RequestFields } from "../generated/requests";
import type { Ask } from "../shared/requests";
import type { Maps } from "./mapStore";

export interface Place {
  channel: number;
  row: number;
  column: number;
}

export class Probe {
  /** The position of the pointer. */
  readonly place = signal<Place | null>(null);
  /** The value at this position; null until it has arrived. */
  readonly value = signal<number | null>(null);
  #ask: Ask;
  #asking = false;
  #maps: Maps | null = null;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  look(maps: Maps | null, place: Place | null): void {
    const before = this.place.peek();
    const moved =
      !place || !before || (Object.keys(place) as (keyof Place)[]).some((key) => place[key] !== before[key]);
    if (!moved) return;
    this.place.value = place;
    this.value.value = null;
    this.#maps = maps; // they can change while a request is open
    if (!this.#asking) this.#follow();
  }

  async #follow(): Promise<void> {
    this.#asking = true;
    for (let place = this.place.peek(); place && this.#maps && this.value.peek() === null; place = this.place.peek()) {
      const maps = this.#maps;
      const { layer, sample, slice, filters } = maps.wish;
      const at: RequestFields["value"]["at"] = [place.channel, slice, place.row, place.column];
      try {
        const { arrays } = await this.#ask("value", { layer, sample, filters, version: maps.version, at });
        if (place === this.place.peek()) this.value.value = arrays.value?.values[0] ?? null;
      } catch {
        break; // the maps are outdated, which the panel shows
      }
    }
    this.#asking = false;
  }
}

/** Return the cell of the map in the middle of a tile's pixel. */
export function trueCell(cell: number, factor: number, size: number): number {
  return Math.min(size - 1, cell * factor + Math.floor(factor / 2));
}
