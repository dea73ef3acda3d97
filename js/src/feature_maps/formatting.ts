// Formats numbers and positions as text.

import { format } from "d3-format";
import { count } from "../shared/formatting";
import { N_, t, tn, withDecimalSign } from "../shared/language";
import type { Maps } from "./mapStore";

const general = format(".4~g");

/** Return a number as text: `0.08132`, `1.2e−7`, `NaN`. */
export function figure(value: number): string {
  return Number.isFinite(value)
    ? withDecimalSign(general(value))
    : String(value).replace("-", "−").replace("Infinity", "∞");
}

/** Return the number and the size of a layer's maps: `64 maps of 123×123`. */
function counted(form: string, channels: number, slices: number, height: number, width: number): string {
  if (form === "vector") return tn("{many} number", "{many} numbers", channels, { many: count(channels) });
  const sizes = form === "sequence" ? [width] : slices > 1 ? [slices, height, width] : [height, width];
  const gaps = { many: count(channels), size: sizes.join("×") };
  if (form === "sequence") return tn("{many} sequence of {size}", "{many} sequences of {size}", channels, gaps);
  if (form === "matrices") return tn("{many} matrix of {size}", "{many} matrices of {size}", channels, gaps);
  return tn("{many} map of {size}", "{many} maps of {size}", channels, gaps);
}

/** Return a number with all digits of a float32. */
export function exact(value: number): string {
  return Number.isFinite(value)
    ? withDecimalSign(String(Number(value.toPrecision(9))).replace("-", "−"))
    : figure(value);
}

/** Return the position of a cell in a map, or its step in a sequence. */
export function place(form: string, row: number, column: number): string {
  return form === "sequence" ? t("step {step}", { step: column }) : t("row {row}, column {column}", { row, column });
}

const STRETCHES = {
  step: [N_("step {first}"), N_("steps {first}–{last}")],
  row: [N_("row {first}"), N_("rows {first}–{last}")],
  column: [N_("column {first}"), N_("columns {first}–{last}")],
} as const;

/** Return a range as text: `rows 4–8`, `row 4`. */
export function stretch(what: keyof typeof STRETCHES, [first, last]: readonly [number, number]): string {
  return t(STRETCHES[what][first === last ? 0 : 1], { first, last });
}

/** Return the number and the size of the maps that are shown. */
export function describe({ form, channels, slices, height, width }: Maps): string {
  return counted(form, channels, slices, height, width);
}
