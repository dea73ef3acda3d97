import { expect, it } from "vitest";
import type { TrainingRun } from "../src/generated/records";
import { inOrder } from "../src/training/LayerUpdatesTable";
import { duration } from "../src/training/RunProgress";
import { chartsOf, pieces, smoothed } from "../src/training/series";

const RUN: TrainingRun = {
  number: 1,
  changes: [],
  state: "finished",
  epochs: 3,
  first_epoch: 1,
  epoch: 3,
  steps: 2,
  batch: 6,
  seconds: 1,
  curves: [
    { name: "accuracy", points: [[6, 0.1, 0.9, 0.8]] },
    {
      name: "loss",
      points: [
        [2, 1, 3, 2],
        [4, null, null, null],
        [6, 0.5, 1, 0.5],
      ],
    },
  ],
  epoch_numbers: [1, 2, 3],
  epoch_ends: [2, 4, 6],
  logs: [
    { loss: 2, accuracy: 0.5, val_loss: 3 },
    { loss: null, accuracy: 0.6 },
    { loss: 0.5, accuracy: 0.8, val_loss: 2 },
  ],
  learning_rates: [0.1, 0.1, 0.1],
  layers: [],
  units: [],
  not_finite: null,
  notes: [],
};

it("has a chart for each metric, the loss first, with its validation", () => {
  const [loss, accuracy, ...more] = chartsOf(RUN);
  expect(more).toEqual([]);
  expect(accuracy?.name).toBe("accuracy");
  expect(loss).toEqual({
    name: "loss",
    batches: [
      [2, 2],
      [4, null],
      [6, 0.5],
    ],
    ranges: [
      [2, 1, 3],
      [6, 0.5, 1],
    ],
    epochs: [
      [2, 2],
      [4, null],
      [6, 0.5],
    ],
    validation: [
      [2, 3],
      [6, 2], // no gap: the epoch between them had no validation
    ],
  });
});

it("has a chart of the learning rate only if it changes", () => {
  expect(chartsOf({ ...RUN, learning_rates: [0.1, 0.05, 0.025] }).at(-1)).toMatchObject({
    name: "learning_rate",
    epochs: [
      [2, 0.1],
      [4, 0.05],
      [6, 0.025],
    ],
  });
});

it("smooths values, and starts at the first one", () => {
  expect(
    smoothed(
      [
        [1, 4],
        [2, null],
        [3, 2],
      ],
      0.5,
    ),
  ).toEqual([
    [1, 4],
    [2, null],
    [3, 3],
  ]);
});

it("splits a line where values are missing", () => {
  expect(
    pieces([
      [1, 1],
      [2, null],
      [3, 3],
      [4, 4],
    ]),
  ).toEqual([
    [[1, 1]],
    [
      [3, 3],
      [4, 4],
    ],
  ]);
});

it.each([
  [0.04, "0 s"],
  [9.94, "9.9 s"],
  [9.96, "10 s"],
  [59.6, "1 min 0 s"],
  [3599.7, "1 h 0 min"],
  [7505, "2 h 5 min"],
])("writes %s seconds as %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it("lists layers in the model's order, and layers that it no longer has last", () => {
  const layers = ["gone", "last", "first", "relu"].map((path) => ({ path }));
  expect(inOrder(layers, ["first", "relu", "last"]).map(({ path }) => path)).toEqual(["first", "relu", "last", "gone"]);
});
