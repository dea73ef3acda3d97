import { expect, it, vi } from "vitest";
import { arrange, corner, hit, limit } from "../src/feature_maps/arrangement";
import { centred, index, palette, table, value } from "../src/feature_maps/colors";
import { exact, figure, stretch } from "../src/feature_maps/formatting";
import { type Maps, Store } from "../src/feature_maps/mapStore";
import { Probe, trueCell } from "../src/feature_maps/probe";
import { type Axis, axes, cellsSeeing, positions, span } from "../src/feature_maps/receptiveField";
import { likeness, sorted } from "../src/feature_maps/sorting";
import { NOT_FINITE } from "../src/generated/tables";
import { type Answer, type Ask, type Reply, Requests } from "../src/shared/requests";

const grey = () => {
  const bytes = new Uint8Array(4 * 768);
  for (let map = 0; map < 4; map++) for (let i = 0; i < 768; i++) bytes[768 * map + i] = Math.floor(i / 3);
  return table(new DataView(bytes.buffer), "grey");
};

it("colours a byte by its value", () => {
  const own = [-1, 3] as const;
  expect(value(1, own)).toBe(-1);
  expect(value(255, own)).toBe(3);
  const red = (pixel: number | undefined) => (pixel as number) & 255;
  const by_channel = palette(grey(), own, own);
  expect([red(by_channel[1]), red(by_channel[128]), red(by_channel[255])]).toEqual([0, 128, 255]);
  expect(by_channel[0]).toBe(NOT_FINITE);
  const by_layer = palette(grey(), own, [-5, 3]);
  expect([red(by_layer[1]), red(by_layer[255])]).toEqual([128, 255]);
  const about_zero = palette(grey(), own, centred(own));
  expect(red(about_zero[1])).toBe(85);
});

it("clips values outside the range, and shows an empty range by its end or its middle", () => {
  expect([index(-9, [0, 1]), index(9, [0, 1])]).toEqual([0, 255]);
  expect([index(5, [5, 5]), index(0, [0, 0])]).toEqual([0, 0]);
  expect(index(0, centred([0, 0]))).toBe(128);
});

it("gives cells whole pixels, and finds the cell at a pixel", () => {
  const size = [4, 5] as const;
  const arrangement = arrange("maps", 10, size, 300, 2);
  expect((arrangement.width * 2) % 5).toBe(0);
  expect(arrangement.columns * arrangement.rows).toBeGreaterThanOrEqual(10);
  for (const tile of [0, 3, 9]) {
    const [x, y] = corner(tile, arrangement);
    expect(hit([x + arrangement.width * 0.99, y + 0.1], 10, size, arrangement)).toEqual({ tile, row: 0, column: 4 });
  }
  const [x, y] = corner(0, arrangement);
  expect(hit([x + arrangement.width + 1, y], 10, size, arrangement)).toBeNull();
  expect(hit([x, y], 0, size, arrangement)).toBeNull();
});

it("requests no more than the screen shows", () => {
  expect(limit("maps", 900, 1)).toBe(160);
  expect(limit("maps", 900, 2)).toBe(320);
  expect(limit("sequence", 900, 1)).toBeLessThanOrEqual(900);
});

const axis: Axis = { cells: 3, size: 6, seen: Uint8Array.from([1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1]) };

it("says which positions a cell depends on, with gaps, and which cells depend on a position", () => {
  expect(positions(axis, 0)).toEqual([
    [0, 0],
    [2, 2],
  ]);
  expect(span(positions(axis, 0))).toEqual([0, 2]);
  expect(cellsSeeing(axis, 2)).toEqual([[0, 1]]);
  expect(cellsSeeing(axis, 1)).toEqual([]);
  expect(span([])).toBeNull();
  expect(axes({ facts: { known: false }, arrays: {} })).toBeNull();
});

function maps(tiles: number[][], figures: Record<string, number[]> = {}): Maps {
  const all = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, Float32Array.from(values)]));
  return {
    channels: tiles.length,
    figures: all,
    tiles: new Map(tiles.map((codes, at) => [at, Uint8Array.from(codes)])),
  } as unknown as Maps;
}

it("sorts by a statistic, the largest first, and equal ones by channel number", () => {
  const some = maps([[1], [1], [1]], { mean: [1, 5, 5] });
  expect(sorted("index", some, null)).toEqual([0, 1, 2]);
  expect(sorted("mean", some, null)).toEqual([1, 2, 0]);
});

it("finds channels that are equal up to scale", () => {
  const like = likeness(
    maps([
      [1, 2, 3, 9],
      [10, 20, 30, 90],
      [9, 3, 2, 1],
      [5, 5, 5, 5],
    ]),
    0,
  );
  expect(like[0]).toBe(1);
  expect(like[1]).toBeCloseTo(1);
  expect(like[2]).toBeLessThan(0);
  expect(like[3]).toBe(0);
});

it("formats numbers", () => {
  expect([figure(0.123456), figure(-2), figure(Number.NaN), figure(Number.NEGATIVE_INFINITY)]).toEqual([
    "0.1235",
    "−2",
    "NaN",
    "−∞",
  ]);
  expect(Math.fround(Number(exact(Math.fround(0.1))))).toBe(Math.fround(0.1));
  expect([stretch("row", [4, 4]), stretch("row", [4, 8])]).toEqual(["row 4", "rows 4–8"]);
  expect([trueCell(2, 3, 20), trueCell(6, 3, 20), trueCell(5, 1, 6)]).toEqual([7, 19, 5]);
});

it("matches replies with requests, and reads arrays at any offset", async () => {
  const sent: Record<string, unknown>[] = [];
  const requests = new Requests({ send: (content: unknown) => sent.push(content as never) } as never);
  const { ask } = requests;
  const answer = (message: object, buffers: DataView[] = []) => requests.answer(message as Reply, buffers);
  const [first, second] = [ask("suggest"), ask("look", { position: 1 })];
  expect(sent[1]).toMatchObject({ ask: "look", position: 1 });
  const bytes = new Uint8Array(9);
  new DataView(bytes.buffer).setFloat32(1, 1.5, true);
  const arrays = [{ name: "v", dtype: "float32", shape: [1] }];
  answer({ id: "somebody else's", error: "no" });
  answer({ id: sent[1]?.id, facts: { y: 2 }, arrays }, [new DataView(bytes.buffer, 1, 4)]);
  answer({ id: sent[0]?.id, error: "gone" });
  const got = await second;
  expect(got.facts).toEqual({ y: 2 });
  expect(got.arrays.v?.values[0]).toBe(1.5);
  await expect(first).rejects.toThrow("gone");
});

const SIDE = 1024; // one tile per reply

/** Return a store whose requests wait for a reply. */
function waitingStore() {
  const waiting: { what: string; details: Record<string, unknown>; resolve: (answer: Answer) => void }[] = [];
  const ask = (what: string, details: Record<string, unknown>) =>
    new Promise<Answer>((resolve) => waiting.push({ what, details, resolve }));
  const store = new Store(ask as Ask);
  const wish = (layer: string) => ({ layer, sample: 0, slice: 0, filters: false, limit: 1024 });
  const answer = (version: number, channels: number): Answer => {
    const codes = { values: new Uint8Array(SIDE * SIDE), shape: [1, SIDE, SIDE] };
    const figures = Object.fromEntries(
      ["low", "high"].map((name) => [name, { values: new Float32Array(channels), shape: [channels] }]),
    );
    const facts = { version, channels, slices: 1, height: SIDE, width: SIDE, factor: 1, shown: [SIDE, SIDE] };
    return { facts, arrays: { codes, ...figures } };
  };
  return { store, waiting, wish, answer };
}

it("drops maps that are no longer needed, and fetches the visible tiles first", async () => {
  const { store, waiting, wish, answer } = waitingStore();
  store.prefer([0, 3]);
  store.show(wish("old"), "maps", 1);
  store.show(wish("new"), "maps", 1);
  waiting[1]?.resolve(answer(1, 4));
  waiting[0]?.resolve(answer(1, 4));
  await vi.waitFor(() => expect(waiting).toHaveLength(3));
  expect(store.maps.value?.wish.layer).toBe("new");
  expect(waiting[2]).toMatchObject({ what: "tiles", details: { layer: "new", channels: [3] } });
});

it("shows cached maps at once, marked until the kernel confirms them", async () => {
  const { store, waiting, wish, answer } = waitingStore();
  const shown = () => [store.maps.value?.wish.layer, store.maps.value?.version, store.asking.value];
  for (const layer of ["a", "b"]) {
    store.show(wish(layer), "maps", 1);
    waiting.at(-1)?.resolve(answer(1, 1));
    await vi.waitFor(() => expect(shown()).toEqual([layer, 1, false]));
  }
  store.show(wish("a"), "maps", 1);
  expect(shown()).toEqual(["a", 1, true]);
  expect(waiting.at(-1)?.details.have).toBe(1);
  waiting.at(-1)?.resolve({ facts: { same: true }, arrays: {} });
  await vi.waitFor(() => expect(shown()).toEqual(["a", 1, false]));

  store.show(wish("b"), "maps", 1);
  expect(shown()).toEqual(["b", 1, true]);
  waiting.at(-1)?.resolve(answer(2, 1)); // it has changed in the meantime
  await vi.waitFor(() => expect(shown()).toEqual(["b", 2, false]));

  store.show(wish("a"), "maps", 2); // known to be outdated: not shown
  expect(shown()).toEqual(["b", 2, true]);
});

it("keeps the latest maps, up to a limit in bytes", async () => {
  const { store, waiting, wish, answer } = waitingStore();
  for (let at = 0; at < 65; at++) {
    store.show(wish(`layer${at}`), "maps", 1);
    waiting.at(-1)?.resolve(answer(1, 1)); // 1 MiB each
    await vi.waitFor(() => expect(store.asking.value).toBe(false));
  }
  store.show(wish("layer0"), "maps", 1);
  expect(waiting.at(-1)?.details.have).toBe(0);
  store.show(wish("layer1"), "maps", 1);
  expect(waiting.at(-1)?.details.have).toBe(1);
});

it("requests one value at a time, and shows that of the latest position in the latest maps", async () => {
  const waiting: { details: Record<string, unknown>; resolve: (answer: Answer) => void }[] = [];
  const ask = (_: string, details: Record<string, unknown>) =>
    new Promise<Answer>((resolve) => waiting.push({ details, resolve }));
  const probe = new Probe(ask as Ask);
  const of = (sample: number) => ({ wish: { sample }, version: 1 }) as Maps;
  const at = (row: number) => ({ channel: 0, row, column: 0 });
  const told = (value: number): Answer => ({
    facts: {},
    arrays: { value: { values: Float64Array.of(value), shape: [1] } },
  });
  probe.look(of(0), at(1));
  probe.look(of(0), at(2));
  probe.look(null, null);
  probe.look(of(1), at(2));
  expect(waiting).toHaveLength(1);
  waiting[0]?.resolve(told(10));
  await vi.waitFor(() => expect(waiting).toHaveLength(2));
  expect(probe.value.value).toBeNull();
  expect(waiting[1]?.details.sample).toBe(1);
  waiting[1]?.resolve(told(30));
  await vi.waitFor(() => expect(probe.value.value).toBe(30));
  expect(probe.place.value).toEqual(at(2));
});
