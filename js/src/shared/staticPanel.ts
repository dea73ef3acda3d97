// Finds the static panel of a live view. It is a separate output before the view, and it is hidden
// once the view is live. In a shared notebook, JupyterLab puts an output that the kernel has updated
// after the next one, in the pages that did not run the cell.

import { parentOf } from "./sight";

// The most outputs to search backwards from a view: feature maps have a picture after the panel.
const BETWEEN = 2;

/**
 * Return the elements to hide while the view in `root` is shown: the output of the static panel,
 * and the outputs between the panel and the view.
 */
export function twinOf(root: Element, number: number): HTMLElement[] {
  if (root.closest(".seqwidget-dock")) return []; // around it is the page with all notebooks
  const mark = `[data-seqwidget="${number}"]`;
  const panel = `:is(${mark}, :has(${mark}))`;
  for (let at: Element | null = root; at; at = parentOf(at)) {
    const found: HTMLElement[] = [];
    let before = at.previousElementSibling;
    for (let step = 0; before && step < BETWEEN; step++, before = before.previousElementSibling) {
      found.push(before as HTMLElement);
      if (before.matches(panel)) return found;
    }
    const after = at.nextElementSibling;
    if (after?.matches(`${panel}:not(:has(.seqwidget:not(.sw-static)))`)) return [after as HTMLElement]; // no live view
  }
  return [];
}
