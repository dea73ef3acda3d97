import { expect, it } from "vitest";
import { visibleRows } from "../src/shared/visibleRows";
import { fold, row } from "./stack";

const flat = ["a", "b", "c", "d"].map((name) => row({ name, path: name }));
const nested = [
  row({ path: "base" }),
  row({ path: "base/in", depth: 1 }),
  row({ path: "base/in/x", depth: 2 }),
  row({ path: "base/y", depth: 1 }),
  row({ path: "head" }),
];
const paths = (opened: string[]) => visibleRows(nested, new Set(opened), [], []).map(({ row }) => row.path);

it("collapses a run into its first row", () => {
  const folded = visibleRows(flat, new Set(), [fold(flat, 1, 4, 3)], []);
  expect(folded.map(({ position, end, folded }) => [position, end, folded])).toEqual([
    [0, 1, false],
    [1, 4, true],
  ]);
  const open = visibleRows(flat, new Set(), [fold(flat, 1, 4, 3)], [1]);
  expect(open.map(({ fold, folded }) => [fold?.count, folded])).toEqual([
    [undefined, false],
    [3, false],
    [undefined, false],
    [undefined, false],
  ]);
});

it("shows the layers inside an open model, and only those", () => {
  expect(paths([])).toEqual(["base", "head"]);
  expect(paths(["base"])).toEqual(["base", "base/in", "base/y", "head"]);
  expect(paths(["base", "base/in"])).toEqual(["base", "base/in", "base/in/x", "base/y", "head"]);
  expect(paths(["base/in"])).toEqual(["base", "head"]);
});

it("opens one call of a model that is called twice", () => {
  const twice = [...nested.slice(0, 4), ...nested];
  const shown = visibleRows(twice, new Set(["base 1"]), [], []);
  expect(shown.map(({ position, open }) => [position, open])).toEqual([
    [0, false],
    [4, true],
    [5, false],
    [7, false],
    [8, false],
  ]);
});

it("says which rows can be opened", () => {
  expect(visibleRows(nested, new Set(), [], []).map(({ nested, open }) => [nested, open])).toEqual([
    [true, false],
    [false, false],
  ]);
});
