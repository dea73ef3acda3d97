// Which part of a scrolling box is drawn: the whole of a stack of hundreds of layers would hold the page up at every edit.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** So few are drawn whole, and a search in the page finds them all. */
const FEW = 150;

/** Gives where to begin and to end, in px along the box, in steps that are as long at least as half of what is in view. */
export function useStretch(
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
    element.addEventListener("scroll", look, { passive: true });
    return () => element.removeEventListener("scroll", look);
  }, [box, axis, step]);
  return count <= FEW ? [0, Number.POSITIVE_INFINITY] : [(place - 1) * step, (place + 3) * step];
}
