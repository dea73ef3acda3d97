// The state of one view, derived from the traits of the widget and from the maps that have arrived.

import { effect, type ReadonlySignal, type Signal, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Form, Point } from "../generated/records";
import { PAGE } from "../generated/tables";
import type { FeatureMapsTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { type Arrangement, arrange, limit } from "./arrangement";
import { type ColorTable, centred, palette, type Range, table } from "./colors";
import { type Maps, type Moment, type Store, type Wish, wholeRange } from "./mapStore";
import type { Tile } from "./paint";
import { likeness, sorted } from "./sorting";

export interface View {
  /** The available width, in CSS pixels. */
  available: Signal<number>;
  page: Signal<number>;
  /** The epoch whose maps are shown; null for the maps of the current model. */
  moment: Signal<Moment | null>;
  pages: ReadonlySignal<number>;
  point: ReadonlySignal<Point | undefined>;
  form: ReadonlySignal<Form>;
  colors: ReadonlySignal<ColorTable>;
  /** The range of the colours of all tiles; null if each channel has its own. */
  whole: ReadonlySignal<Range | null>;
  /** The channels of this page, in order. */
  shown: ReadonlySignal<readonly number[]>;
  tiles: ReadonlySignal<readonly (Tile | null)[]>;
  arrangement: ReadonlySignal<Arrangement | null>;
  /** Whether the maps are outdated, because the model has changed. */
  behind: ReadonlySignal<boolean>;
  refresh: () => void;
}

export function useView(
  { traits, status }: Connection<FeatureMapsTraits>,
  store: Store,
  ratio: number,
  visible: () => number,
): View {
  const available = useSignal(0);
  const page = useSignal(0);
  const moment = useSignal<Moment | null>(null);
  const refreshes = useSignal(0);
  const { maps, arrived } = store;
  const point = useComputed(() => traits.points.value.find(({ path }) => path === traits.layer.value));
  const form = useComputed<Form>(() => (traits.filters.value ? "maps" : (point.value?.form ?? "maps")));
  const colors = useComputed(() => table(traits.colors.value, traits.colormap.value));
  const whole = useComputed(() => (maps.value ? wholeOf(maps.value, traits) : null));
  const order = useComputed(() => {
    if (!maps.value) return [];
    const like = traits.sort.value === "likeness";
    if (like) arrived.value;
    return sorted(traits.sort.value, maps.value, like ? likeness(maps.value, traits.channel.value) : null);
  });
  const pages = useComputed(() => Math.max(1, Math.ceil(order.value.length / PAGE)));
  const shown = useComputed(() => {
    const at = Math.min(page.value, pages.value - 1) * PAGE;
    return order.value.slice(at, at + PAGE);
  });
  const diverging = () => traits.colormap.value === "diverging";
  const tiles = useComputed(() => {
    arrived.value;
    const now = maps.value;
    return now ? shown.value.map((channel) => tileOf(now, channel, colors.value, whole.value, diverging())) : [];
  });
  const arrangement = useComputed(() =>
    maps.value && available.value
      ? arrange(maps.value.form, shown.value.length, maps.value.size, available.value, ratio)
      : null,
  );
  const behind = useComputed(() => {
    const now = maps.value;
    return now !== null && !now.moment && now.version !== traits.state.value;
  });
  const refreshed = useRef(0);
  const wished = (): Wish => ({
    layer: traits.layer.value,
    sample: traits.sample.value,
    slice: traits.slice.value,
    filters: traits.filters.value && (point.value?.filters ?? false),
    limit: limit(form.value, available.value, ratio),
  });
  // `useSignalEffect` would wait for the next frame, and the kernel would receive the choice before the request for maps.
  useEffect(
    () =>
      effect(() => {
        if (!available.value) return;
        const wish = wished();
        // Read all signals before the first return, so that the effect depends on each of them.
        const [version, automatic, pressed] = [traits.state.value, traits.automatic.value, refreshes.value];
        const then = moment.value;
        if (then) {
          store.recall(wish, form.value, then, false);
          return;
        }
        const now = maps.peek();
        const asked = automatic || pressed !== refreshed.current;
        refreshed.current = pressed;
        if (now && !now.moment && version !== now.version && !asked && same(wish, now.wish)) return;
        if (now && wish.layer !== now.wish.layer) page.value = 0;
        store.show(wish, form.value, version, visible());
      }),
    [],
  );
  // While a cell runs, the kernel answers only for epochs that have ended.
  useSignalEffect(() => {
    const newest = traits.epochs.value.at(-1);
    if (newest && status.value === "waiting" && store.asking.value) store.recall(wished(), form.value, newest, true);
  });
  useSignalEffect(() => store.prefer(shown.value));
  const refresh = () => {
    refreshes.value++;
  };
  return { available, moment, page, pages, point, form, colors, whole, shown, tiles, arrangement, behind, refresh };
}

/** Return the tile of a channel with the palette for its bytes; null if it has not arrived. */
export function tileOf(
  maps: Maps,
  channel: number,
  colors: ColorTable,
  whole: Range | null,
  diverging: boolean,
): Tile | null {
  const codes = maps.tiles.get(channel);
  if (!codes) return null;
  const own = ownRange(maps, channel);
  const range = whole ?? own;
  return { codes, palette: palette(colors, own, diverging ? centred(range) : range) };
}

export function ownRange({ figures }: Maps, channel: number): Range {
  return [figures.low[channel] as number, figures.high[channel] as number];
}

function wholeOf(maps: Maps, traits: Connection<FeatureMapsTraits>["traits"]): Range | null {
  if (traits.scale.value === "channel") return null;
  return traits.scale.value === "fixed" ? traits.fixed.value : wholeRange(maps.figures);
}

function same(a: Wish, b: Wish): boolean {
  return (Object.keys(a) as (keyof Wish)[]).every((key) => a[key] === b[key]);
}
