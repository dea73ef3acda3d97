import { describe, expect, it, vi } from "vitest";
import cases from "../../tests/widgets/patch_cases.json";
import { followPatches, type Patch, patched } from "../src/patches";
import type { Traits } from "../src/types";
import { row, traits } from "./stack";

describe("a patch", () => {
  it.each(cases)("gives $name", ({ old, new: expected, patch }) => {
    expect(patched(old as never, patch as unknown as Patch)).toEqual(expected);
  });

  it("leaves what did not change the same object", () => {
    const old = [{ n: 1 }, { n: 2 }];
    const next = patched(old, { length: 2, items: { 1: { keys: { n: { "=": 3 } }, gone: [] } }, more: [] }) as object[];
    expect(next[0]).toBe(old[0]);
    expect(old[1]).toEqual({ n: 2 });
  });
});

function page(version: number) {
  const state: Traits = { ...traits([row({})]), version };
  const hear: ((message: unknown) => void)[] = [];
  const kernelModel = {
    state_change: Promise.resolve(),
    set_state: (values: Partial<Traits>) => Object.assign(state, values),
  };
  const model = {
    get: (name: keyof Traits) => state[name],
    on: (_event: string, listener: (message: unknown) => void) => hear.push(listener),
    off: () => hear.pop(),
    send: vi.fn(),
    widget_manager: { get_model: async () => kernelModel },
  };
  const stop = followPatches(model as never);
  const say = async (message: unknown) => {
    for (const listener of hear) listener(message);
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { state, model, say, stop };
}

const NEXT = { model: "id", patches: { edit: { "=": 7 } } };

describe("a page", () => {
  it("takes the next patch in", async () => {
    const { state, model, say } = page(3);
    await say({ ...NEXT, version: 4 });
    expect([state.edit, state.version]).toEqual([7, 4]);
    expect(model.send).not.toHaveBeenCalled();
  });

  it("passes over a patch that it has already", async () => {
    const { state, model, say } = page(4);
    await say({ ...NEXT, version: 4 });
    expect([state.edit, state.version]).toEqual([1, 4]);
    expect(model.send).not.toHaveBeenCalled();
  });

  it("asks for the whole where one is missing", async () => {
    const { state, model, say } = page(2);
    await say({ ...NEXT, version: 4 });
    expect([state.edit, state.version]).toEqual([1, 2]);
    expect(model.send).toHaveBeenCalledWith({ ask: "whole" });
  });

  it("hears nothing of other messages, nor after its end", async () => {
    const { state, say, stop } = page(3);
    await say({ id: "1", facts: {} });
    stop();
    await say({ ...NEXT, version: 4 });
    expect(state.edit).toBe(1);
  });
});
