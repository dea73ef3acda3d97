// Whether the kernel behind a view still answers.

import type { AnyModel } from "@anywidget/types";
import type { Signal } from "@preact/signals";

interface LuminoSignal {
  connect: (slot: () => void) => void;
  disconnect: (slot: () => void) => void;
}

/** What JupyterLab's widget manager tells of its kernel; other front ends have none of it. */
interface Kernel {
  status: string;
  isDisposed: boolean;
  statusChanged: LuminoSignal;
  disposed: LuminoSignal;
}

const GONE = new Set(["dead", "terminating", "restarting", "autorestarting"]);

/** Sets `offline` once the widget has lost its kernel: from then on it stays as it is. Gives what stops the watching. */
export function watchConnection<T extends object>(model: AnyModel<T>, offline: Signal<boolean>): () => void {
  const lost = () => {
    offline.value = true;
  };
  // ipywidgets says so when a kernel restarts, and is silent when it is shut down: that only the kernel itself tells.
  model.on("comm_live_update", lost);
  const kernel = (model.widget_manager as unknown as { kernel?: Kernel | null }).kernel;
  const check = () => {
    if (kernel?.isDisposed || GONE.has(kernel?.status ?? "")) lost();
  };
  kernel?.statusChanged.connect(check);
  kernel?.disposed.connect(lost);
  return () => {
    model.off("comm_live_update", lost);
    kernel?.statusChanged.disconnect(check);
    kernel?.disposed.disconnect(lost);
  };
}
