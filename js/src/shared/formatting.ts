// Formats numbers and shapes as text, like seqwidget/render/formatting.py, which has the dash, the
// prefixes and the thresholds. tests/render/formatting_cases.json tests both.

import type { LayerRow, Shape } from "../generated/records";
import { DASH, DECIMALS, PREFIXES, ROUNDS_UP } from "../generated/tables";
import { number, t } from "./language";

export { DASH };

export function shape(value: Shape | Shape[] | null | undefined): string {
  if (value == null) return DASH;
  if (Array.isArray(value[0])) return (value as Shape[]).map(shape).join(" + ");
  const sizes = (value as Shape).map((size) => size ?? "None");
  return `(${sizes.join(", ")}${sizes.length === 1 ? "," : ""})`;
}

export function count(value: number | null | undefined): string {
  return value == null ? DASH : number(value);
}

export function short(value: number | null | undefined): string {
  if (value == null) return DASH;
  for (const [size, unit] of PREFIXES) {
    if (value >= size * ROUNDS_UP) return `${three(value / size)} ${unit}`;
  }
  return String(Math.trunc(value));
}

export function memory(value: number | null | undefined): string {
  if (value == null) return DASH;
  const words = short(value);
  return words.includes(" ") ? `${words}B` : `${words} B`;
}

/** Return a measured time, given in seconds, as `1.9 ms`, without digits that are noise. */
export function seconds(value: number): string {
  return t("{ms} ms", {
    ms: number(Number((1000 * value).toPrecision(2)), { maximumFractionDigits: 2, useGrouping: false }),
  });
}

function three(value: number): string {
  const digits = DECIMALS.find(([limit]) => value < limit)?.[1] ?? 0;
  return number(value, { maximumFractionDigits: digits, useGrouping: false });
}

export function times(values: number[]): string {
  return values.map(general).join("×");
}

function general(value: number): string {
  return number(value, { maximumSignificantDigits: 6, useGrouping: false });
}

function shortTimes(values: number[]): string {
  return new Set(values).size === 1 ? general(values[0] as number) : times(values);
}

export function window(row: LayerRow): string {
  if (!row.kernel) return "";
  const words = [times(row.kernel)];
  if (row.strides?.some((stride) => stride !== 1)) words.push(`/${shortTimes(row.strides)}`);
  if (row.dilation?.some((step) => step !== 1)) words.push(t("dilated {by}", { by: shortTimes(row.dilation) }));
  if (row.padding) words.push(row.padding);
  return words.join(" ");
}

/**
 * Return marks for a layer that is frozen and for a stale compiled step.
 * A layer without weights counts as frozen if its flag says so.
 */
export function training(row: LayerRow): string {
  return `${(row.trains ?? row.trainable) ? "" : t(", frozen")}${row.stale ? t(", stale") : ""}`;
}

export function receptiveField(row: LayerRow): string {
  if (!row.receptive_field) return "";
  const size = times(row.receptive_field);
  if (!row.receptive_field_stride) return size;
  return t("{size} every {step}", { size, step: shortTimes(row.receptive_field_stride) });
}
