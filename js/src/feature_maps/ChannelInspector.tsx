// One channel, enlarged, next to the input. It shows which part of the input the cell under the
// pointer sees, and which cells see an input pixel.

import { useSignal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Form } from "../generated/records";
import { t, tx } from "../shared/language";
import type { Ask } from "../shared/requests";
import { Curve } from "./Curve";
import { place as placeOf, stretch } from "./formatting";
import type { Maps } from "./mapStore";
import { imageOf, pixelsOf, scratch, sized, type Tile } from "./paint";
import type { Probe } from "./probe";
import { type Axis, axes, cellsSeeing, positions, type Run, span } from "./receptiveField";
import { ownRange } from "./viewState";

const SIDE = 372;
const FRAME = 28; // px of margins and borders around the pictures

interface Props {
  ask: Ask;
  probe: Probe;
  maps: Maps;
  channel: number;
  name: string;
  tile: Tile;
  ratio: number;
  /** The available width, in CSS pixels. */
  available: number;
  onClose: () => void;
}

/** The cell of the map, or the position in the input, that is pointed at. */
type Pointed = { in: "map" | "input"; row: number; column: number } | null;

export function ChannelInspector({ ask, probe, maps, channel, name, tile, ratio, available, onClose }: Props) {
  const side = Math.min(SIDE, available - FRAME);
  const { wish, form, version, height, width } = maps;
  const wide = available - FRAME;
  const [photo, setPhoto] = useState<ImageData | null>(null);
  const [field, setField] = useState<Axis[] | null>(null);
  const [fine, setFine] = useState<{ codes: Uint8Array; size: readonly [number, number] } | null>(null);
  // A vector has no cells to point at, so its field is always shown.
  const pointed = useSignal<Pointed>(maps.form === "vector" ? { in: "map", row: 0, column: 0 } : null);
  useLatest(
    () => ask("photo", { sample: wish.sample, limit: SIDE * ratio }),
    [ask, wish.sample],
    (answer) => {
      const photos = answer?.arrays.photos;
      setPhoto(photos ? (pixelsOf(photos)[0] ?? null) : null);
    },
  );
  useLatest(
    () => (wish.filters ? null : ask("field", { layer: wish.layer, version })), // none for kernels
    [ask, wish.layer, wish.filters, version],
    (answer) => {
      setField(answer ? axes(answer) : null);
    },
  );
  useLatest(
    () => (maps.factor > 1 ? ask("tiles", { ...wish, version, channels: [channel], limit: SIDE * ratio }) : null),
    [ask, maps, channel],
    (answer) => {
      const codes = answer?.arrays.codes;
      setFine(
        codes
          ? { codes: codes.values as Uint8Array, size: [codes.shape[1] as number, codes.shape[2] as number] }
          : null,
      );
    },
  );
  const size = fine?.size ?? maps.size;
  const map = imageOf({ codes: fine?.codes ?? tile.codes, palette: tile.palette }, size);
  const image = field && field.length > 1 ? field.slice(-2) : field;
  const [rows, columns] = image ? (image.length === 2 ? image : [null, image[0]]) : [null, null];
  const seesRows = rows ?? WHOLE;
  const seesColumns = columns ?? WHOLE;
  const now = pointed.value;
  const entrance = [rows?.size ?? photo?.height ?? 1, columns?.size ?? photo?.width ?? 1] as const;
  const marks = now && image ? marksOf(now, seesRows, seesColumns, entrance, [height, width]) : null;
  const onMap = (row: number, column: number) => {
    pointed.value = { in: "map", row, column };
    probe.look(maps, { channel, row, column });
  };
  return (
    <section class="sw-lens" aria-label={t("Channel {channel}, enlarged", { channel: name })}>
      <header>
        <b>{tx("Channel {channel}", { channel: <bdi key="channel">{name}</bdi> })}</b>
        <output class="sw-lens-words">
          {now ? wordsOf(now, marks, form) : wish.filters ? "" : hintOf(image !== null)}
        </output>
        <button type="button" class="sw-button" onClick={onClose} aria-label={t("Close the enlarged channel")}>
          ✕
        </button>
      </header>
      <div class="sw-lens-pair">
        <Picture
          title={t("Input")}
          smooth
          picture={photo}
          side={form === "sequence" ? wide : side}
          ratio={ratio}
          cells={entrance}
          marks={marks?.input ?? null}
          onPoint={(row, column) => {
            pointed.value = image && { in: "input", row, column };
            probe.look(null, null);
          }}
        />
        {form === "sequence" && (
          <Curve
            title={t("Channel {channel}", { channel: name })}
            codes={fine?.codes ?? tile.codes}
            own={ownRange(maps, channel)}
            steps={width}
            width={wide}
            marks={marks?.map.columns ?? []}
            onPoint={(step) => onMap(0, step)}
          />
        )}
        {form !== "sequence" && form !== "vector" && (
          <Picture
            title={t("Channel {channel}", { channel: name })}
            picture={map}
            side={side}
            ratio={ratio}
            cells={[height, width]}
            marks={marks?.map ?? null}
            onPoint={onMap}
          />
        )}
      </div>
    </section>
  );
}

/** Stands for an axis that the layer does not have: its only cell sees everything. */
const WHOLE: Axis = { cells: 1, size: 1, seen: new Uint8Array([1]) };

/** Rectangles of cells, as ranges of rows and columns. */
interface Marks {
  rows: Run[];
  columns: Run[];
}

function marksOf(
  now: NonNullable<Pointed>,
  rows: Axis,
  columns: Axis,
  entrance: readonly [number, number],
  map: readonly [number, number],
): { input: Marks; map: Marks } {
  // If the input or the map lacks an axis, mark the whole length of that axis in the other one.
  const every = (missing: boolean, runs: Run[], size: number): Run[] =>
    missing && runs.length ? [[0, size - 1]] : runs;
  if (now.in === "map") {
    return {
      input: {
        rows: every(rows === WHOLE, positions(rows, now.row), entrance[0]),
        columns: every(columns === WHOLE, positions(columns, now.column), entrance[1]),
      },
      map: { rows: [[now.row, now.row]], columns: [[now.column, now.column]] },
    };
  }
  return {
    input: { rows: [[now.row, now.row]], columns: [[now.column, now.column]] },
    map: {
      rows: every(rows.cells === 1, cellsSeeing(rows, Math.min(now.row, rows.size - 1)), map[0]),
      columns: every(columns.cells === 1, cellsSeeing(columns, Math.min(now.column, columns.size - 1)), map[1]),
    },
  };
}

function wordsOf(now: NonNullable<Pointed>, marks: { input: Marks; map: Marks } | null, form: Form): string {
  const place = placeOf(form, now.row, now.column);
  const here = now.in === "map" ? t("the cell at {place}", { place }) : t("the pixel at {place}", { place });
  const other = now.in === "map" ? marks?.input : marks?.map;
  if (!other) return here;
  const [down, across] = [span(other.rows), span(other.columns)];
  if (!down || !across) {
    return now.in === "map"
      ? t("{cell} depends on no pixel of the input", { cell: here })
      : t("no cell depends on {pixel}", { pixel: here });
  }
  const there = form === "sequence" ? stretch("step", across) : `${stretch("row", down)}, ${stretch("column", across)}`;
  return now.in === "map"
    ? t("{cell} depends on {there} of the input", { cell: here, there })
    : t("{pixel} affects the cells in {there}", { pixel: here, there });
}

function hintOf(known: boolean): string {
  return known
    ? t("point at a cell to see the inputs it depends on, or at the input to see the cells it affects")
    : t("the receptive field of its cells cannot be shown");
}

interface PictureProps {
  title: string;
  smooth?: boolean;
  picture: ImageData | null;
  /** The largest size of its longer side, in CSS pixels. */
  side: number;
  ratio: number;
  /** The numbers of rows and columns of cells. The picture can have fewer pixels. */
  cells: readonly [number, number];
  marks: Marks | null;
  onPoint: (row: number, column: number) => void;
}

function Picture({ title, smooth = false, picture, side, ratio, cells, marks, onPoint }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const at = useRef<[number, number]>([Math.floor(cells[0] / 2), Math.floor(cells[1] / 2)]);
  const [rows, columns] = cells;
  useEffect(() => {
    if (!canvas.current || !picture) return;
    const { width: wide, height: tall } = picture;
    const most = side / Math.max(wide, tall);
    // A cell covers whole device pixels, so that its colour is exact. The input may be smoothed.
    const scale = smooth ? most : Math.max(1, Math.floor(most * ratio)) / ratio;
    const [width, height] = [wide * scale, Math.max(tall * scale, 40)];
    const context = sized(canvas.current, width, height, ratio);
    context.imageSmoothingEnabled = smooth && most < 4;
    context.drawImage(scratch(picture), 0, 0, width, height);
    if (marks) drawMarks(context, marks, [height / rows, width / columns]);
  });
  if (!picture) return null;
  const move = (row: number, column: number) => {
    at.current = [Math.min(rows - 1, Math.max(0, row)), Math.min(columns - 1, Math.max(0, column))];
    onPoint(...at.current);
  };
  const onMouse = (event: MouseEvent) => {
    const { left, top, width, height } = (event.currentTarget as Element).getBoundingClientRect();
    move(Math.floor(((event.clientY - top) / height) * rows), Math.floor(((event.clientX - left) / width) * columns));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const step = steps[event.key as keyof typeof steps];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    move(at.current[0] + (step[0] as number), at.current[1] + (step[1] as number));
  };
  return (
    <figure>
      <figcaption>{`${title}, ${rows}×${columns}`}</figcaption>
      <div
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the point
        tabIndex={0}
        role="group"
        aria-label={t("{what}; use the arrow keys to select a position", { what: title })}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} role="img" aria-label={title} onMouseMove={onMouse} onClick={onMouse} />
      </div>
    </figure>
  );
}

/** Tint each marked cell, and draw a frame around all of them. */
function drawMarks(
  context: CanvasRenderingContext2D,
  { rows, columns }: Marks,
  [dy, dx]: readonly [number, number],
): void {
  const [down, across] = [span(rows), span(columns)];
  if (!down || !across) return;
  context.fillStyle = "rgb(255 214 0 / 35%)";
  for (const [top, bottom] of rows) {
    for (const [left, right] of columns) {
      context.fillRect(left * dx, top * dy, (right - left + 1) * dx, (bottom - top + 1) * dy);
    }
  }
  const frame = [across[0] * dx, down[0] * dy, (across[1] - across[0] + 1) * dx, (down[1] - down[0] + 1) * dy] as const;
  // A light line inside a dark one is visible on any picture. The frame is outside the cells.
  for (const [grow, width, color] of [
    [1.5, 3, "#000000"],
    [1.5, 1.5, "#ffd600"],
  ] as const) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.strokeRect(frame[0] - grow, frame[1] - grow, frame[2] + 2 * grow, frame[3] + 2 * grow);
  }
}

/** Send a request when something changes, and ignore its answer if something changes again. */
function useLatest<T>(ask: () => Promise<T> | null, on: readonly unknown[], take: (answer: T | null) => void): void {
  useEffect(() => {
    let wanted = true;
    Promise.resolve(ask())
      .then((answer) => wanted && take(answer))
      .catch(() => wanted && take(null));
    return () => {
      wanted = false;
    };
  }, on);
}
