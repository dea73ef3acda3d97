// Axes: where a value lies between two positions, and round values for the ticks.

import { nice, ticks } from "d3-array";

export interface Scale {
  /** Return the position of a value. */
  at: (value: number) => number;
  /** Return the value at a position. */
  invert: (position: number) => number;
  /** Return round values for ticks, about `count` of them. */
  ticks: (count: number) => number[];
}

type Pair = readonly [number, number];

export function linearScale([low, high]: Pair, [from, to]: Pair): Scale {
  const span = high - low;
  return {
    at: (value) => from + (span ? (value - low) / span : 0.5) * (to - from),
    invert: (position) => low + ((position - from) / (to - from)) * span,
    ticks: (count) => ticks(low, high, count),
  };
}

/** Return a linear scale from a round value to a round value. */
export function roundedScale([low, high]: Pair, range: Pair): Scale {
  return linearScale(nice(low, high, 10), range);
}

/**
 * Return a logarithmic scale of whole decades. If there are few decades, there are also ticks at 2
 * and 5 times each power of ten.
 */
export function logScale([low, high]: Pair, range: Pair): Scale {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const scale = linearScale([first, last], range);
  return {
    at: (value) => scale.at(Math.log10(value)),
    invert: (position) => 10 ** scale.invert(position),
    ticks: (count) => {
      const powers = scale.ticks(Math.min(count, last - first)).map((power) => 10 ** power);
      return last - first > count / 2 ? powers : powers.flatMap((power) => [power, 2 * power, 5 * power]).slice(0, -2);
    },
  };
}
