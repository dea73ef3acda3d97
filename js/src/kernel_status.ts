// What the page's own widget manager knows of its kernel, where it tells: JupyterLab, Notebook and Voila do. It is a hint that comes
// sooner than an answer that fails to come; elsewhere the answers alone decide.

import type { AnyModel } from "@anywidget/types";

export type KernelStatus = "connected" | "disconnected" | "gone";

interface LuminoSignal {
  connect: (slot: () => void) => void;
  disconnect: (slot: () => void) => void;
}

interface Kernel {
  status: string;
  connectionStatus?: string;
  isDisposed: boolean;
  statusChanged: LuminoSignal;
  connectionStatusChanged?: LuminoSignal;
  disposed: LuminoSignal;
}

const GONE = new Set(["dead", "terminating", "restarting", "autorestarting"]);

/** Tells of each change until the returned function is called. A kernel that is gone does not come back. */
export function watchKernel(model: AnyModel, tell: (status: KernelStatus) => void): () => void {
  const gone = () => tell("gone");
  model.on("comm_live_update", gone); // the event of ipywidgets for a kernel that restarted
  const kernel = (model.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;
  const check = () => {
    if (kernel?.isDisposed || GONE.has(kernel?.status ?? "")) gone();
    else tell((kernel?.connectionStatus ?? "connected") === "connected" ? "connected" : "disconnected");
  };
  kernel?.statusChanged?.connect(check);
  kernel?.connectionStatusChanged?.connect(check);
  kernel?.disposed?.connect(gone);
  return () => {
    model.off("comm_live_update", gone);
    kernel?.statusChanged?.disconnect(check);
    kernel?.connectionStatusChanged?.disconnect(check);
    kernel?.disposed?.disconnect(gone);
  };
}
