// @vitest-environment happy-dom

import { expect, it, vi } from "vitest";
import { columnsOf, tabSeparated } from "../src/shared/columns";
import { openView, row, traits } from "./stack";

const ROWS = [
  row({ name: "conv", path: "conv", type: "Conv2D", macs: 36_309_600, params: 2432, trains: false }),
  row({ name: "x", path: "base/x", depth: 1, macs: undefined as never, unknown: { macs: "custom computation" } }),
  row({ index: 1, path: "=SUM(A1)\t\nB", trains: undefined as never }),
];
const cells = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t"));

it("writes exact numbers, and a cell for each column", () => {
  const columns = columnsOf("summary");
  const [head, ...body] = cells(tabSeparated(columns, ROWS));
  const at = (name: string) => (head as string[]).indexOf(name);
  expect(body.map((line) => line.length)).toEqual([head, head, head].map((line) => line?.length));
  expect(body.map((line) => line[at("Multiply-adds")])).toEqual(["36309600", "", "12"]);
  expect(body.map((line) => line[at("Params")])).toEqual(["2432", "15", "15"]);
  expect(body.map((line) => line[at("Layer")])).toEqual(["conv", "base/x", "'=SUM(A1) B"]);
  expect(body.map((line) => line[at("Type")])).toEqual(["Conv2D", "Dense", "Dense"]);
  expect(body.map((line) => line[at("Trains")])).toEqual(["frozen", "trainable", ""]);
  expect(body.map((line) => line[at("#")])).toEqual(["0", "", "1"]);
});

it("is copied by a button, without the columns that the user hides", async () => {
  const writeText = vi.fn(async (_: string) => {});
  vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
  const { el } = openView({ ...traits(ROWS), hidden_columns: ["macs"] });
  const button = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Copy table");
  button?.click();
  await vi.waitFor(() => expect(button?.textContent).toBe("Copied"));
  const [head, ...body] = cells(writeText.mock.calls[0]?.[0] as string);
  expect(head).toContain("Params");
  expect(head).not.toContain("Multiply-adds");
  expect(body).toHaveLength(ROWS.length);
});

it("saves the picture that the panel shows, under the name of the model", async () => {
  const saved = vi.fn();
  vi.stubGlobal("URL", { createObjectURL: (blob: Blob) => saved(blob) ?? "blob:1", revokeObjectURL: () => {} });
  const names: string[] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    names.push(this.download);
  });
  const { model, el } = openView({ ...traits(ROWS), size_by: "params", folded: true, unfolded: [2], theme: "print" });
  const button = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Save as SVG");
  button?.click();
  const panel = { size_by: "params", color_by: "kind", folded: true, unfolded: [2] };
  expect(model.requests).toEqual([
    { ask: "picture", ...panel, theme: "print", layout: "wrapped", width: "", preset: "" },
  ]);
  model.hear({ id: model.sent.at(-1)?.id, facts: { svg: "<svg/>" } });
  await vi.waitFor(() => expect(names).toEqual(["small.svg"]));
  expect(await saved.mock.calls[0]?.[0].text()).toBe("<svg/>");
});
