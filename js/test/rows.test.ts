import { expect, it } from "vitest";
import { visibleRows } from "../src/shared/visibleRows";
import { row } from "./stack";

const flat = ["a", "b", "c", "d"].map((name) => row({ name, path: name }));
const nested = [
  row({ path: "base" }),
  row({ path: "base/in", depth: 1 }),
  row({ path: "base/in/x", depth: 2 }),
  row({ path: "base/y", depth: 1 }),
  row({ path: "head" }),
];
const paths = (opened: string[]) => visibleRows(nested, new Set(opened), [], false).map(({ row }) => row.path);

it("collapses a run into its first row", () => {
  const folded = visibleRows(flat, new Set(), [[1, 4]], true);
  expect(folded.map(({ position, count }) => [position, count])).toEqual([
    [0, 1],
    [1, 3],
  ]);
  expect(visibleRows(flat, new Set(), [[1, 4]], false)).toHaveLength(4);
});

it("shows the layers inside an open model, and only those", () => {
  expect(paths([])).toEqual(["base", "head"]);
  expect(paths(["base"])).toEqual(["base", "base/in", "base/y", "head"]);
  expect(paths(["base", "base/in"])).toEqual(["base", "base/in", "base/in/x", "base/y", "head"]);
  expect(paths(["base/in"])).toEqual(["base", "head"]);
});

it("says which rows can be opened", () => {
  expect(visibleRows(nested, new Set(), [], false).map(({ nested, open }) => [nested, open])).toEqual([
    [true, false],
    [false, false],
  ]);
});
