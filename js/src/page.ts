// What all our widgets in a page share: the front ends that it has. The loaders of all widgets and the front end meet here.

import type { AnyModel } from "@anywidget/types";

/** What the kernel sent for a widget before the front end was there. */
export type Inbox = [message: Record<string, unknown>, buffers: DataView[]][];

export interface FrontEnd {
  /** Follows a widget for as long as it is in the page. */
  connect: (model: AnyModel, inbox: Inbox) => { dispose: () => void };
  /** Draws one view of it. */
  render: (connection: never, el: HTMLElement) => () => void;
}

interface Slot {
  arrived: Promise<FrontEnd>;
  arrive: (frontEnd: FrontEnd) => void;
  loading: boolean;
}

const page = globalThis as { seqwidgetFrontEnds?: Map<string, Slot> };

/** The place of one front end, which may be still to come. */
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
