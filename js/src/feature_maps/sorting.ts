// The order in which channels are shown.

import type { FeatureMapsTraits } from "../generated/traits";
import type { Maps } from "./mapStore";

/** Return the channels in order: the largest value first, equal ones by channel number. */
export function sorted(
  sort: FeatureMapsTraits["sort"],
  { figures, channels }: Pick<Maps, "figures" | "channels">,
  likeness: Float32Array | null,
): number[] {
  const order = [...Array(channels).keys()];
  const by = sort === "likeness" ? likeness : sort === "index" ? null : figures[sort];
  return by ? order.sort((a, b) => (by[b] as number) - (by[a] as number) || a - b) : order;
}

/**
 * Return the correlation of each tile with one of them: 1 is equal up to scale, 0 is unrelated.
 * It is 0 for a tile that is missing or constant.
 */
export function likeness({ tiles, channels }: Pick<Maps, "tiles" | "channels">, to: number): Float32Array {
  const result = new Float32Array(channels);
  const model = centred(tiles.get(to));
  if (!model) return result;
  for (let channel = 0; channel < channels; channel++) {
    const other = centred(tiles.get(channel));
    if (!other) continue;
    let sum = 0;
    for (let i = 0; i < other.length; i++) sum += (model[i] as number) * (other[i] as number);
    result[channel] = sum;
  }
  result[to] = 1;
  return result;
}

/** Return a tile minus its mean, scaled to length one; null if it is missing or constant. */
function centred(codes: Uint8Array | undefined): Float32Array | null {
  if (!codes) return null;
  let sum = 0;
  for (const code of codes) sum += code;
  const mean = sum / codes.length;
  const values = Float32Array.from(codes, (code) => code - mean);
  let squares = 0;
  for (const value of values) squares += value * value;
  if (!squares) return null;
  const length = Math.sqrt(squares);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) / length;
  return values;
}
