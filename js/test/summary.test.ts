// @vitest-environment happy-dom

import { beforeEach, expect, it, vi } from "vitest";
import { openView, row, traits } from "./stack";

const ROWS = [
  row({}),
  row({ index: 1, name: "<b>two</b>", path: "two", params: undefined as never, unknown: { params: "not built" } }),
];

function open(rows = ROWS) {
  return openView(traits(rows));
}

/** Wait until Preact has painted. */
const painted = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  vi.useRealTimers();
});

it("shows rows, totals and blocks, and no text as markup", () => {
  const { el } = open();
  expect(el.querySelectorAll("tbody tr")).toHaveLength(2);
  expect(el.querySelector("tfoot [data-column=params]")?.textContent).toBe("15");
  expect(el.querySelectorAll(".sw-block")).toHaveLength(2);
  expect(el.querySelector("b b")).toBeNull();
  expect(el.textContent).toContain("<b>two</b>");
});

it("says why a number is missing", () => {
  const { el } = open();
  const cell = el.querySelector('tbody tr:nth-child(2) [data-column="params"]');
  expect(cell?.textContent).toBe("—");
  expect(cell?.getAttribute("title")).toBe("not built");
});

it("follows the model, highlights new rows, and then removes the highlight", async () => {
  vi.useFakeTimers();
  const { model, el } = open();
  expect(el.querySelectorAll(".is-new")).toHaveLength(0);
  const more = traits([...ROWS, row({ index: 2, path: "three" })]);
  model.tell({ stack: more.stack, diagram: more.diagram, changed: [2], edit: 2 });
  await vi.advanceTimersByTimeAsync(50);
  expect(el.querySelectorAll("tbody tr")).toHaveLength(3);
  expect(el.querySelectorAll("tr.is-new, .sw-block.is-new")).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(2000);
  expect(el.querySelectorAll(".is-new")).toHaveLength(0);
});

it("shares hovering in the page, and selection with the kernel", async () => {
  const { model, el } = open();
  el.querySelector("tbody tr")?.dispatchEvent(new MouseEvent("mouseenter"));
  await painted();
  expect(el.querySelectorAll(".is-hovered")).toHaveLength(2);
  expect(model.saved).toHaveLength(0);
  (el.querySelector("tbody tr") as HTMLElement).click();
  await painted();
  expect(el.querySelectorAll(".is-selected")).toHaveLength(2);
  expect(model.saved).toHaveLength(1);
});

it("shows a few notes of a kind, and the rest on demand", async () => {
  const { model, el } = open();
  const about = (key: string, at: number) => ({ key, row: 0, text: `${key} ${at}`, why: "" });
  const notes = [...Array.from({ length: 9 }, (_, at) => about("common", at)), about("rare", 0)];
  model.tell({ stack: { ...model.state.stack, notes } });
  await painted();
  expect(el.querySelectorAll(".sw-note")).toHaveLength(6);
  expect(el.querySelector(".sw-notes")?.textContent).toContain("rare 0");
  const more = [...el.querySelectorAll("button")].find((button) => button.textContent === "Show 4 more notes");
  more?.click();
  await painted();
  expect(el.querySelectorAll(".sw-note")).toHaveLength(10);
  expect(el.textContent).not.toContain("more notes");
});

it("selects by keyboard", async () => {
  const { model, el } = open();
  const press = (key: string) =>
    el.querySelector(".sw-rows")?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowDown");
  expect(model.state.selected).toBe(0);
  await painted();
  press("ArrowDown");
  expect(model.state.selected).toBe(1);
  await painted();
  press("ArrowDown");
  expect(model.state.selected).toBe(1);
  press("Escape");
  expect(model.state.selected).toBe(-1);
});

it("hides a column, also in the next panel", async () => {
  const { el } = open();
  const box = [...el.querySelectorAll("fieldset label")].find((label) => label.textContent === "Kernel");
  (box as Element).querySelector("input")?.click();
  await painted();
  expect(el.querySelector("[data-column=kernel]")).toBeNull();
  const next = open();
  expect(next.el.querySelector("[data-column=kernel]")).toBeNull();
  expect(next.el.querySelector("[data-column=params]")).not.toBeNull();
});

it("asks the kernel for another size, but not after it has stopped", async () => {
  const { model, el } = open();
  const size = el.querySelector("select") as HTMLSelectElement;
  size.value = "macs";
  size.dispatchEvent(new Event("change", { bubbles: true }));
  expect(model.saved.at(-1)).toMatchObject({ size_by: "macs" });
  model.tell({ gone: "the model was deleted" });
  await painted();
  expect((el.querySelector("select") as HTMLSelectElement).disabled).toBe(true);
  expect(el.querySelector(".sw-state")?.textContent).toBe("no longer live");
});

it("leaves nothing behind, and removes only its own listeners", () => {
  const { model, el, close } = open();
  const other = () => {};
  model.on("change:stack", other);
  close();
  expect(el.childElementCount).toBe(0);
  expect(model.listeners).toEqual([["change:stack", other]]);
});
