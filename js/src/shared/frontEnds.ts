// The front ends that a page has. All of our widgets in the page share them: the loader of each
// widget finds its front end here.

import type { AnyModel } from "@anywidget/types";

/** The messages that the kernel sent to a widget before the front end arrived. */
export type Inbox = [message: Record<string, unknown>, buffers: DataView[]][];

export interface FrontEnd {
  /** Connect to a widget, for as long as it is in the page. */
  connect: (model: AnyModel, inbox: Inbox) => { dispose: () => void };
  /** Draw one view of the widget, and return a function that removes it. */
  draw: (connection: never, el: HTMLElement) => () => void;
}

interface Slot {
  arrived: Promise<FrontEnd>;
  arrive: (frontEnd: FrontEnd) => void;
  /** Whether it is coming, or has come. */
  loading: boolean;
}

const page = globalThis as { seqwidgetFrontEnds?: Map<string, Slot> };

/** Return the slot of one front end. It may not have arrived yet. */
export function slot(key: string): Slot {
  page.seqwidgetFrontEnds ??= new Map();
  let known = page.seqwidgetFrontEnds.get(key);
  if (!known) {
    let arrive: Slot["arrive"] = () => {};
    const arrived = new Promise<FrontEnd>((resolve) => {
      arrive = resolve;
    });
    known = { arrived, arrive, loading: false };
    page.seqwidgetFrontEnds.set(key, known);
  }
  return known;
}
