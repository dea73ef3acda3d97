// Whether the kernel behind a view still answers.

import type { AnyModel } from "@anywidget/types";
import type { Signal } from "@preact/signals";
import type { Traits } from "./types";

/** Sets `offline` when the widget loses its kernel; gives what stops the watching. */
export function watchConnection(model: AnyModel<Traits>, _el: HTMLElement, offline: Signal<boolean>): () => void {
  const listener = () => {
    console.log("LIVE", Object.keys(model));
    offline.value = true;
  };
  model.on("comm_live_update", listener);
  return () => model.off("comm_live_update", listener);
}
