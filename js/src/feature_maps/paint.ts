// Paints tiles and images on a canvas.

import type { NamedArray } from "../shared/requests";
import { type Arrangement, corner } from "./arrangement";
import type { ColorTable } from "./colors";

export interface Tile {
  codes: Uint8Array;
  palette: ColorTable;
}

/** Paint one page of tiles. A tile that has not arrived is left empty. */
export function paintTiles(
  canvas: HTMLCanvasElement,
  tiles: readonly (Tile | null)[],
  [height, width]: readonly [number, number],
  arrangement: Arrangement,
  available: number,
  ratio: number,
): CanvasRenderingContext2D {
  const { columns, rows } = arrangement;
  const context = sized(canvas, available, Math.max(1, rows * arrangement.dy), ratio);
  const atlas = new ImageData(Math.max(1, columns * width), Math.max(1, rows * height));
  const pixels = new Uint32Array(atlas.data.buffer);
  tiles.forEach((tile, at) => {
    if (!tile) return;
    const { codes, palette } = tile;
    const first = Math.floor(at / columns) * height * columns * width + (at % columns) * width;
    for (let row = 0, from = 0; row < height; row++) {
      let to = first + row * columns * width;
      for (const end = from + width; from < end; from++) pixels[to++] = palette[codes[from] as number] as number;
    }
  });
  const source = scratch(atlas);
  tiles.forEach((tile, at) => {
    if (!tile) return;
    const [x, y] = corner(at, arrangement);
    context.drawImage(
      source,
      (at % columns) * width,
      Math.floor(at / columns) * height,
      width,
      height,
      x,
      y,
      arrangement.width,
      arrangement.height,
    );
  });
  return context;
}

/** Set the size of a canvas in CSS pixels, clear it, and return its context in the same units. */
export function sized(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
  ratio: number,
): CanvasRenderingContext2D {
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d", { alpha: true }) as CanvasRenderingContext2D;
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = false;
  return context;
}

/** Return an image as a canvas, because `drawImage` can scale a canvas but not an `ImageData`. */
export function scratch(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

/** Convert RGB images of shape (count, height, width, 3) to `ImageData`. */
export function pixelsOf({ values, shape }: NamedArray): ImageData[] {
  const [count, height, width] = shape as [number, number, number];
  return Array.from({ length: count }, (_, at) => {
    const image = new ImageData(width, height);
    for (let from = at * height * width * 3, to = 0; to < image.data.length; to += 4) {
      for (let part = 0; part < 3; part++) image.data[to + part] = values[from++] as number;
      image.data[to + 3] = 255;
    }
    return image;
  });
}

/** Return one tile as an image. */
export function imageOf({ codes, palette }: Tile, [height, width]: readonly [number, number]): ImageData {
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < codes.length; i++) pixels[i] = palette[codes[i] as number] as number;
  return image;
}
