// Maps bytes to colours. The tables come from Python (seqwidget/render/colormaps.py), so that files
// and screen have the same colours.

import { COLORMAPS, NOT_FINITE, STEPS } from "../generated/tables";

/** 256 colours in the pixel format of a canvas: ABGR in one number. */
export type ColorTable = Uint32Array;
export type Range = readonly [low: number, high: number];

export function table(colors: DataView, name: (typeof COLORMAPS)[number]): ColorTable {
  const at = 768 * COLORMAPS.indexOf(name);
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((part) => colors.getUint8(at + 3 * i + part)) as [number, number, number];
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

/** Return a range that is symmetric about zero, for a diverging colormap. It is never empty. */
export function centred([low, high]: Range): Range {
  const far = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-far, far];
}

/** Return the index of a value in a colour table. For an empty range, the index is 0. */
export function index(value: number, [low, high]: Range): number {
  if (!(high > low)) return 0;
  return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255);
}

/** Return the value of a channel's byte; the inverse of `quantise` in seqwidget/render/tiles.py. */
export function value(byte: number, [low, high]: Range): number {
  return low + ((byte - 1) / STEPS) * (high - low);
}

/** Return the colour of each byte of a channel. Its bytes span `own`, and the colours `shown`. */
export function palette(colors: ColorTable, own: Range, shown: Range): ColorTable {
  const made = new Uint32Array(256);
  made[0] = NOT_FINITE;
  for (let byte = 1; byte < 256; byte++) made[byte] = colors[index(value(byte, own), shown)] as number;
  return made;
}
