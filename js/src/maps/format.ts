// Numbers and places as words.

import { format } from "d3-format";

const general = format(".4~g");

/** `0.08132`, `1.2e−7`, `NaN`. */
export function figure(value: number): string {
  return Number.isFinite(value) ? general(value) : String(value).replace("-", "−").replace("Infinity", "∞");
}

/** `64 maps of 123×123`. */
export function counted(form: string, channels: number, slices: number, height: number, width: number): string {
  if (form === "vector") return `${channels.toLocaleString("en-US")} number${channels === 1 ? "" : "s"}`;
  const what = form === "sequence" ? "sequences" : form === "matrices" ? "matrices" : "maps";
  const sizes = form === "sequence" ? [width] : slices > 1 ? [slices, height, width] : [height, width];
  return `${channels.toLocaleString("en-US")} ${what} of ${sizes.join("×")}`;
}

/** As many digits as a float32 has. */
export function exact(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(9))).replace("-", "−") : figure(value);
}

/** Where a cell of a map is; of a sequence, at which step. */
export function place(form: string, row: number, column: number): string {
  return form === "sequence" ? `step ${column}` : `row ${row}, column ${column}`;
}

/** `rows 4–8`, `row 4`. */
export function stretch(what: string, [first, last]: readonly [number, number]): string {
  return first === last ? `${what} ${first}` : `${what}s ${first}–${last}`;
}
