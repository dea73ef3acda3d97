// The static panel that stands in for a live view: an output of its own in front of it, which gives way once the view is live.

const BETWEEN = 2; // outputs from the view back to its static panel, at most: the panel of feature maps is followed by a picture

/** The elements to hide while the view in `root` is shown: the static panel's output, and what stands between the two. */
export function twinOf(root: Element, number: number): HTMLElement[] {
  const mark = `[data-seqwidget="${number}"]`;
  for (let at: Element | null = root; at; at = at.parentElement ?? hostOf(at)) {
    const found: HTMLElement[] = [];
    let before = at.previousElementSibling;
    for (let step = 0; before && step < BETWEEN; step++, before = before.previousElementSibling) {
      found.push(before as HTMLElement);
      if (before.matches(mark) || before.querySelector(mark)) return found;
    }
  }
  return [];
}

function hostOf(element: Element): Element | null {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root.host : null;
}
