// The rows that feed a row, and those that it feeds.

import { expect, it } from "vitest";
import { arcClass, flowClass, flowThrough } from "../src/shared/flow";
import { fold, row } from "./stack";

const INCEPTION: [number, number][] = [
  [0, 1],
  [0, 2],
  [2, 3],
  [1, 4],
  [3, 4],
];
const rows = Array.from({ length: 5 }, () => row({}));

it("follows the connections in both directions", () => {
  const flow = flowThrough(3, INCEPTION, rows);
  expect([...(flow?.before ?? [])].sort()).toEqual([0, 2]);
  expect([...(flow?.after ?? [])]).toEqual([4]);
  expect([0, 1, 2, 3, 4].map((at) => flowClass(flow, at))).toEqual([
    " is-before",
    " is-apart",
    " is-before",
    "",
    " is-after",
  ]);
});

it("marks the connections on the way, and not those beside it", () => {
  const flow = flowThrough(3, INCEPTION, rows);
  expect(INCEPTION.map(([source, target]) => arcClass(flow, source, target))).toEqual([
    " is-apart",
    " is-before",
    " is-before",
    " is-apart",
    " is-after",
  ]);
});

it("takes a nested model for its layers", () => {
  const nested = [row({ kind: "model" }), row({ depth: 1 }), row({ depth: 1 }), row({}), row({})];
  const pairs: [number, number][] = [
    [1, 2],
    [2, 3],
  ];
  expect([...(flowThrough(3, pairs, nested)?.before ?? [])].sort()).toEqual([0, 1, 2]);
  expect([...(flowThrough(0, pairs, nested)?.after ?? [])]).toEqual([3]);
  expect(flowClass(flowThrough(0, pairs, nested), 4)).toBe(" is-apart");
});

it("takes a collapsed block for one row", () => {
  const flow = flowThrough(4, INCEPTION, rows, [fold(rows, 1, 4, 3)]);
  expect([...(flow?.before ?? [])].sort()).toEqual([0, 1]);
  expect([...(flowThrough(2, INCEPTION, rows, [fold(rows, 1, 4, 3)])?.after ?? [])]).toEqual([4]);
});

it("is not known in a chain, or for the input", () => {
  expect(flowThrough(1, [], rows)).toBe(null);
  expect(flowThrough(-1, INCEPTION, rows)).toBe(null);
});
