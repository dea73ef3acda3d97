// The lines of the charts, computed from the record of a run.

import type { TrainingRun } from "../generated/records";

/** A position, counted in batches, and a value; null where it is not finite. */
export type Dot = [at: number, value: number | null];

export interface Chart {
  /** The name of the metric, without the prefix of the validation data. */
  name: string;
  /** A point for each batch: the running mean that Keras reports. */
  batches: Dot[];
  /** The lowest and highest value that each point of `batches` stands for. */
  ranges: [at: number, low: number, high: number][];
  epochs: Dot[];
  validation: Dot[];
}

/** Return a chart for each metric of a run, and one for the learning rate if it changes. */
export function chartsOf(run: TrainingRun): Chart[] {
  const names = new Set([...run.curves.map((curve) => curve.name), ...run.logs.flatMap((log) => Object.keys(log))]);
  const own = [...names].filter(
    (name) => name !== "learning_rate" && !(name.startsWith("val_") && names.has(name.slice(4))),
  );
  const ordered = own.sort((a, b) => Number(b === "loss") - Number(a === "loss"));
  const charts = ordered.map((name) => chartOf(run, name));
  if (new Set(run.learning_rates).size > 1) {
    const epochs = run.learning_rates.map((rate, at): Dot => [run.epoch_ends[at] as number, rate]);
    charts.push({ name: "learning_rate", batches: [], ranges: [], epochs, validation: [] });
  }
  return charts;
}

export function chartOf(run: TrainingRun, name: string): Chart {
  const points = run.curves.find((curve) => curve.name === name)?.points ?? [];
  const of = (key: string): Dot[] =>
    run.logs.flatMap((log, at) => (key in log ? [[run.epoch_ends[at] as number, log[key] ?? null] as Dot] : []));
  return {
    name,
    batches: points.map(([at, , , last]) => [at, last]),
    ranges: points.flatMap(([at, low, high]) => (low === null || high === null ? [] : [[at, low, high]])),
    epochs: of(name),
    validation: of(`val_${name}`),
  };
}

/** Return the dots with an exponential moving average of their values, which starts at the first one. */
export function smoothed(line: readonly Dot[], weight = 0.85): Dot[] {
  let mean: number | null = null;
  return line.map(([at, value]) => {
    if (value === null) return [at, null];
    mean = mean === null ? value : weight * mean + (1 - weight) * value;
    return [at, mean];
  });
}

/** Split a line where a value is missing. */
export function pieces(line: readonly Dot[]): [number, number][][] {
  const found: [number, number][][] = [[]];
  for (const [at, value] of line) {
    if (value === null) found.push([]);
    else found.at(-1)?.push([at, value]);
  }
  return found.filter((piece) => piece.length > 0);
}
