// Computes which part of a scrolling box to draw. Drawing a whole stack of hundreds of layers would
// block the page at every edit.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Up to this number of items, all are drawn, so that a search in the page finds them. */
const FEW = 150;

/**
 * Return the start and the end of the part to draw, in px along the box.
 * They move in steps of `step` px, which must be at least half of the visible part.
 */
export function useVirtualRange(
  box: RefObject<HTMLElement>,
  axis: "x" | "y",
  step: number,
  count: number,
): [number, number] {
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setPlace(Math.floor((axis === "x" ? element.scrollLeft : element.scrollTop) / step));
    element.addEventListener("scroll", look);
    return () => element.removeEventListener("scroll", look);
  }, [box, axis, step]);
  return count <= FEW ? [0, Number.POSITIVE_INFINITY] : [(place - 1) * step, (place + 3) * step];
}
