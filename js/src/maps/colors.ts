// From a byte to a colour: the tables come from Python (seqwidget/render/colormaps.py), so that files and screen agree.

export const COLORMAPS = ["viridis", "magma", "grey", "diverging"];
export const NOT_FINITE = 0xffff00ff; // magenta, as ABGR
const STEPS = 254;

/** 256 colours, as the pixels of a canvas: ABGR in one number. */
export type Table = Uint32Array;
export type Range = readonly [low: number, high: number];

export function table(colors: DataView, name: string): Table {
  const at = 768 * Math.max(0, COLORMAPS.indexOf(name));
  return Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((part) => colors.getUint8(at + 3 * i + part)) as [number, number, number];
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

/** Makes a range lie evenly about zero, for the map whose middle is zero; that of nothing but zeros has some extent, too. */
export function centred([low, high]: Range): Range {
  const far = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-far, far];
}

/** Where a value lies in a range, as an index into a table; a range without extent shows its end. */
export function index(value: number, [low, high]: Range): number {
  if (!(high > low)) return 0;
  return Math.round(Math.min(1, Math.max(0, (value - low) / (high - low))) * 255);
}

/** What a byte of a channel stands for; the inverse of `quantise` in seqwidget/render/tiles.py. */
export function value(byte: number, [low, high]: Range): number {
  return low + ((byte - 1) / STEPS) * (high - low);
}

/** Gives the colour of each byte of a channel whose bytes span `own`, when colours span `shown`. */
export function palette(colors: Table, own: Range, shown: Range): Table {
  const made = new Uint32Array(256);
  made[0] = NOT_FINITE;
  for (let byte = 1; byte < 256; byte++) made[byte] = colors[index(value(byte, own), shown)] as number;
  return made;
}
