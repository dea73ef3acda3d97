// @vitest-environment happy-dom

import { beforeEach, expect, it } from "vitest";
import type { TrainableTraits } from "../src/generated/traits";
import { fold, openView, row, traits } from "./stack";

const ROWS = [
  row({ name: "base", path: "base", type: "Sequential", kind: "model", stale: true }),
  row({
    name: "one",
    path: "base/one",
    depth: 1,
    trains: false,
    trainable: false,
    stale: true,
    training_notes: ["stands still"],
  }),
  row({ name: "two", path: "base/two", depth: 1, stale: false }),
  row({ index: 1, name: "relu", path: "relu", type: "ReLU", params: 0, trains: undefined as never }),
];

function open(some: Partial<TrainableTraits> = {}, component = "trainable") {
  const state: TrainableTraits = {
    ...traits(ROWS),
    component,
    switches: ["mixed", "off", "on", ""],
    plan: { kept: ["12 steps counted"], lost: ["slots of 2 weights"], new: [] },
    slots: { train: 4000, saves: 1500 },
    ...some,
  };
  state.stack = {
    ...state.stack,
    state: "stale",
    stale: "1 layer changed since compile: fit will ignore this until the next compile",
  };
  return openView(state);
}

const painted = () => new Promise((resolve) => setTimeout(resolve, 5));
const button = (el: Element, text: string) =>
  [...el.querySelectorAll("button")].find((one) => one.textContent === text) as HTMLButtonElement;

beforeEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
});

it("shows a named switch for each layer with weights, with a third state for a nested model", async () => {
  const { el } = open();
  (el.querySelector(".sw-open") as HTMLElement).click();
  await painted();
  const seen = [...el.querySelectorAll(".sw-switch")].map((one) => [
    one.getAttribute("role"),
    one.getAttribute("aria-checked"),
    one.getAttribute("aria-label"),
  ]);
  expect(seen).toEqual([
    ["checkbox", "mixed", "base trains"],
    ["switch", "false", "base/one trains"],
    ["switch", "true", "base/two trains"],
  ]);
  expect(el.querySelector("[data-row='3'] [data-column=trains]")?.textContent).toBe("—");
  expect(el.querySelector("[data-row='1']")?.textContent).toContain("stands still");
});

it("switches all layers of a run that is collapsed into one row", async () => {
  const layers = ["a", "b", "c"].map((name, index) => row({ index, name, path: name }));
  const stack = { ...traits(layers).stack, rows: layers };
  const { model, el } = open(
    { stack, folds: [fold(layers, 0, 3, 3)], folded: true, switches: ["on", "on", "on"] },
    "summary",
  );
  (el.querySelector(".sw-switch") as HTMLElement).click();
  expect(model.requests).toEqual([{ ask: "freeze", start: "a", end: "c" }]);
});

it("keeps plain keys from the notebook, in which two d's delete the cell", () => {
  const { el } = open();
  const heard: string[] = [];
  const listener = (event: KeyboardEvent) => heard.push(event.key);
  document.addEventListener("keydown", listener);
  for (const options of [{ key: "d" }, { key: "s", ctrlKey: true }, { key: "Enter", shiftKey: true }]) {
    el.querySelector("button")?.dispatchEvent(new KeyboardEvent("keydown", { ...options, bubbles: true }));
  }
  document.removeEventListener("keydown", listener);
  expect(heard).toEqual(["s", "Enter"]);
});

it("asks the kernel, and does not flip by itself", async () => {
  const { model, el } = open();
  const base = el.querySelector(".sw-switch") as HTMLElement;
  base.click();
  await painted();
  expect(model.requests).toEqual([{ ask: "unfreeze", path: "base" }]);
  expect(base.getAttribute("aria-checked")).toBe("mixed");
  expect(el.querySelector(".is-selected")).toBeNull();
  model.tell({ switches: ["on", "on", "on", ""] });
  await painted();
  expect(el.querySelector(".sw-switch")?.getAttribute("aria-checked")).toBe("true");
  (el.querySelector(".sw-switch") as HTMLElement).click();
  expect(model.requests.at(-1)).toEqual({ ask: "freeze", path: "base" });
});

it.each(["trainable", "summary"])("%s says what is stale, and what compiling again keeps and loses", (component) => {
  const { model, el } = open({}, component);
  expect(el.querySelector(".sw-stale strong")?.textContent).toBe(
    "1 layer changed since compile: fit will ignore this until the next compile",
  );
  expect([...el.querySelectorAll(".sw-plan div")].map((one) => one.textContent)).toEqual([
    "Keeps12 steps counted",
    "Losesslots of 2 weights",
  ]);
  button(el, "Recompile").click();
  expect(model.requests).toEqual([{ ask: "recompile" }]);
});

it("shows pending changes, and cancels one", async () => {
  const { model, el } = open({ waiting: { flags: { base: true }, until: "at the next epoch" } });
  expect(el.querySelector(".sw-pending")?.textContent).toBe(
    "1 layer has a pending change, which takes effect at the next epoch.",
  );
  expect(el.querySelector(".sw-waits")?.textContent).toBe("will train at the next epoch");
  (el.querySelector(".sw-switch") as HTMLElement).click();
  expect(model.requests).toEqual([{ ask: "freeze", path: "base" }]);
  model.tell({ waiting: {} });
  await painted();
  expect(el.querySelector(".sw-pending, .sw-waits")).toBeNull();
});

it("has switches for groups of layers", async () => {
  const { model, el } = open();
  expect(button(el, "Train from here").disabled).toBe(true);
  (el.querySelector("[data-row='3']") as HTMLElement).click();
  await painted();
  button(el, "Freeze all").click();
  button(el, "Train only the last").click();
  button(el, "Train from here").click();
  button(el, "Freeze up to here").click();
  expect(button(el, "Freeze").disabled).toBe(true);
  const pattern = el.querySelector("input") as HTMLInputElement;
  pattern.value = "base/.*";
  pattern.dispatchEvent(new Event("input", { bubbles: true }));
  await painted();
  button(el, "Freeze").click();
  const type = el.querySelector(".sw-groups select") as HTMLSelectElement;
  type.value = "Dense";
  type.dispatchEvent(new Event("change", { bubbles: true }));
  await painted();
  button(el, "Train").click();
  expect(model.requests).toEqual([
    { ask: "freeze" },
    { ask: "train_last_only" },
    { ask: "unfreeze", start: "relu" },
    { ask: "freeze", end: "relu" },
    { ask: "freeze", pattern: "base/.*" },
    { ask: "unfreeze", type: "Dense" },
  ]);
});

it("shows the change as code, or the error, as text", async () => {
  const { model, el } = open();
  const answer = async (reply: object) => {
    button(el, "Freeze all").click();
    model.hear({ id: model.sent.at(-1)?.id, ...reply });
    await painted();
  };
  await answer({ facts: { code: "freeze('<b>x</b>')" } });
  expect(el.querySelector(".sw-code code")?.textContent).toBe("freeze('<b>x</b>')");
  await answer({ error: "no layer matches <b>x</b>" });
  expect(el.querySelector("[role=alert]")?.textContent).toBe("no layer matches <b>x</b>");
});

it("does nothing after the kernel has stopped", async () => {
  const { model, el } = open();
  model.tell({ gone: "the model was deleted" });
  await painted();
  const live = [...el.querySelectorAll("button:not(.sw-open), input, select")].filter(
    (one) => !(one as HTMLInputElement).disabled,
  );
  expect(live).toEqual([]);
});

it("leaves nothing behind", () => {
  const { model, el, close } = open();
  close();
  expect(el.childElementCount).toBe(0);
  expect(model.listeners).toEqual([]);
});
