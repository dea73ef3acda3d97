// @vitest-environment happy-dom

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { columnsOf, withoutRoom } from "../src/shared/columns";
import { fold, openView, row, traits } from "./stack";

const COLUMNS = columnsOf("summary").filter(({ format }) => format !== "updates"); // shown once a run exists
const TRAINING_COLUMNS = columnsOf("trainable");
const ROWS = [row({}), row({ path: "two", receptive_field: [5, 5], kernel: [5, 5] })];
const gone = (room: number, columns = COLUMNS, stays = "layer") =>
  withoutRoom(columns, ROWS, room, stays).map(({ id }) => id);

async function open(width: number, some = {}) {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(width);
  const { el } = openView({ ...traits(ROWS), ...some });
  await new Promise((resolve) => setTimeout(resolve, 5)); // until Preact has painted
  return el;
}

beforeEach(() => document.body.replaceChildren());
afterEach(() => vi.restoreAllMocks());

it("hides columns one after the other, names and params last", () => {
  expect(gone(2000)).toEqual([]);
  let before: string[] = [];
  for (let room = 2000; room > 150; room -= 10) {
    const now = gone(room);
    expect(before.every((id) => now.includes(id))).toBe(true);
    before = now;
  }
  expect(before).not.toContain("layer");
  expect(gone(420)).not.toContain("output_shape");
  expect(gone(300)).not.toContain("params");
});

it("keeps the switches of the Trainable panel at any width", () => {
  expect(gone(150, TRAINING_COLUMNS, "trains")).not.toContain("trains");
  expect(gone(150, TRAINING_COLUMNS, "trains")).toContain("params");
});

it("shows the hidden columns of the selected layer", async () => {
  const el = await open(400, { selected: 1 });
  const heads = [...el.querySelectorAll("thead th")].map((head) => head.getAttribute("data-column"));
  const details = [...el.querySelectorAll(".sw-details [data-column]")].map((one) => one.getAttribute("data-column"));
  expect(heads).not.toContain("receptive_field");
  expect([...heads, ...details].sort()).toEqual(
    COLUMNS.map(({ id }) => id)
      .filter((id) => !["trainable_params", "measured_time", "dtype"].includes(id))
      .sort(),
  );
  expect(el.querySelector(".sw-details [data-column=receptive_field]")?.textContent).toBe("Receptive field5×5");
});

it("says which columns are hidden while no layer is selected", async () => {
  const el = await open(400);
  expect(el.querySelector(".sw-details")).toBeNull();
  expect(el.querySelector(".sw-hint")?.textContent).toContain("Receptive field");
});

it("says nothing about columns if there is room, or no width at all", async () => {
  for (const width of [2000, 0]) {
    const el = await open(width, { selected: 1 });
    expect(el.querySelector(".sw-details, .sw-hint")).toBeNull();
  }
});

it("says that the numbers of a collapsed row are those of each layer", async () => {
  const el = await open(2000, { folded: true, folds: [fold(ROWS, 0, 2, 2)] });
  expect(el.querySelector("tbody [data-column=params]")?.textContent).toBe("15 each");
  expect(el.querySelector("tbody [data-column=activation_bytes]")?.textContent).toBe("12 B each");
  expect(el.querySelector("tbody [data-column=index]")?.textContent).toBe("0");
});

it("draws nothing with an id", async () => {
  const some = traits(ROWS);
  const blocks = some.diagram.blocks.map((block) => ({ ...block, frozen: true }));
  const el = await open(2000, { diagram: { ...some.diagram, blocks } });
  expect(el.querySelectorAll(".sw-block svg path")).toHaveLength(2);
  expect(el.querySelectorAll("[id]")).toHaveLength(0);
  expect(el.innerHTML).not.toContain("url(");
});
