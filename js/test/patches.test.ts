import { describe, expect, it } from "vitest";
import cases from "../../tests/widgets/patch_cases.json";
import { type Patch, patched } from "../src/shared/patches";

describe("a patch", () => {
  it.each(cases)("gives $name", ({ old, new: expected, patch }) => {
    expect(patched(old as never, patch as unknown as Patch)).toEqual(expected);
  });

  it("keeps unchanged values as the same objects", () => {
    const old = [{ n: 1 }, { n: 2 }];
    const next = patched(old, { length: 2, items: { 1: { keys: { n: { "=": 3 } }, gone: [] } }, more: [] }) as object[];
    expect(next[0]).toBe(old[0]);
    expect(old[1]).toEqual({ n: 2 });
  });
});
