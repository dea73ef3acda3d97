// The colour bar: the values that the colours stand for.

import { useEffect, useRef } from "preact/hooks";
import { t } from "../shared/language";
import { linearScale } from "../shared/scales";
import { type ColorTable, centred, type Range } from "./colors";
import { figure } from "./formatting";
import { scratch, sized } from "./paint";

interface Props {
  colors: ColorTable;
  /** The range of the colours; null if each channel has its own and no channel is selected. */
  range: Range | null;
  diverging: boolean;
  what: string;
}

const WIDTH = 220;
const HEIGHT = 12;

export function ColorBar({ colors, range, diverging, what }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = range && (diverging ? centred(range) : range);
  useEffect(() => {
    if (!canvas.current) return;
    const image = new ImageData(256, 1);
    new Uint32Array(image.data.buffer).set(colors);
    const context = sized(canvas.current, WIDTH, HEIGHT, window.devicePixelRatio);
    context.drawImage(scratch(image), 0, 0, WIDTH, HEIGHT);
  }, [colors]);
  const ticks = shown ? ticksOf(shown) : [];
  const ends = shown
    ? t("Colour bar, from {low} to {high}", { low: figure(shown[0]), high: figure(shown[1]) })
    : t("Colour bar, from the minimum to the maximum of each channel");
  return (
    <div class="sw-colorbar">
      <span class="sw-colorbar-what">{what}</span>
      <span class="sw-colorbar-scale">
        <canvas ref={canvas} role="img" aria-label={ends} />
        {shown ? (
          ticks.map(({ at, text, edge }) => (
            <span key={text} class={`sw-tick ${edge}`} style={{ left: `${at * WIDTH}px` }}>
              {text}
            </span>
          ))
        ) : (
          <>
            <span class="sw-tick is-first" style={{ left: 0 }}>
              {diverging ? t("−max") : t("channel min")}
            </span>
            {diverging && (
              <span class="sw-tick" style={{ left: `${WIDTH / 2}px` }}>
                0
              </span>
            )}
            <span class="sw-tick is-last" style={{ left: `${WIDTH}px` }}>
              {diverging ? t("+max") : t("channel max")}
            </span>
          </>
        )}
      </span>
    </div>
  );
}

/** Return ticks at both ends, and at round values between them if there is room. */
function ticksOf([low, high]: Range): { at: number; text: string; edge: string }[] {
  if (!(high > low)) return [{ at: 0, text: figure(low), edge: "is-first" }];
  const scale = linearScale([low, high], [0, 1]);
  const between = scale
    .ticks(4)
    .map((value) => ({ at: scale.at(value), text: figure(value), edge: "" }))
    .filter(({ at }) => at > 0.3 && at < 0.7);
  return [{ at: 0, text: figure(low), edge: "is-first" }, ...between, { at: 1, text: figure(high), edge: "is-last" }];
}
