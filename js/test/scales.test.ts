import { describe, expect, test } from "vitest";
import { linearScale, logScale, roundedScale } from "../src/shared/scales";

const AXIS = [100, 0] as const; // the y axis of a picture: up

describe("linear", () => {
  test("positions and values are each other's inverse", () => {
    const scale = linearScale([-2, 6], AXIS);
    expect([-2, 2, 6].map(scale.at)).toEqual([100, 50, 0]);
    expect([100, 50, 0].map(scale.invert)).toEqual([-2, 2, 6]);
  });
  test("a single value is in the middle", () => expect(linearScale([3, 3], AXIS).at(3)).toBe(50));
  test("it can begin and end at round values", () => {
    const scale = roundedScale([0.13, 0.98], AXIS);
    expect([scale.at(0.1), scale.at(1)]).toEqual([100, 0]);
    expect(scale.ticks(4)).toEqual([0.2, 0.4, 0.6, 0.8, 1]);
  });
});

describe("logarithmic", () => {
  test("each decade has the same height", () => {
    const scale = logScale([0.002, 5], AXIS);
    expect([0.001, 0.01, 0.1, 1, 10].map((value) => Math.round(scale.at(value)))).toEqual([100, 75, 50, 25, 0]);
    expect(scale.invert(50)).toBeCloseTo(0.1);
  });
  test.each([
    [0.3, 0.9, [0.1, 0.2, 0.5, 1]],
    [0.3, 12, [0.1, 1, 10, 100]],
    [0.3, 5, [0.1, 0.2, 0.5, 1, 2, 5, 10]],
    [0.002, 5, [0.001, 0.01, 0.1, 1, 10]],
    [1e-8, 1, [1e-8, 1e-6, 1e-4, 1e-2, 1]],
    [1, 10, [1, 2, 5, 10]],
  ])("from %s to %s the ticks are round, few and inside", (low, high, expected) => {
    const ticks = logScale([low, high], AXIS).ticks(4);
    expect(ticks).toHaveLength(expected.length);
    for (const [index, tick] of ticks.entries()) expect(tick).toBeCloseTo(expected[index] as number, 12);
  });
});
