// The kernel status that the page's widget manager knows, as in JupyterLab, Notebook and Voila. It
// changes before the page can notice that an answer is missing. Other pages depend only on the
// answers.

import type { AnyModel } from "@anywidget/types";

export type KernelStatus = "connected" | "disconnected" | "gone";

interface LuminoSignal {
  connect: (slot: () => void) => void;
  disconnect: (slot: () => void) => void;
}

interface Kernel {
  id?: string;
  status: string;
  connectionStatus?: string;
  isDisposed: boolean;
  statusChanged: LuminoSignal;
  connectionStatusChanged?: LuminoSignal;
  disposed: LuminoSignal;
}

const GONE = /dead|terminating|restarting/; // or autorestarting

/** Return the kernel of a model, if the page's widget manager tells its status. */
export function kernelOf(model: AnyModel): Kernel | null | undefined {
  return (model.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;
}

/** Return whether the page is notified when a kernel stops, without asking the kernel. */
export function knowsKernel(model: AnyModel): boolean {
  return Boolean(kernelOf(model));
}

/**
 * Report each change of the status until the returned function is called.
 * The status "gone" is final.
 */
export function watchKernel(model: AnyModel, tell: (status: KernelStatus) => void): () => void {
  const gone = () => tell("gone");
  model.on("comm_live_update", gone); // ipywidgets triggers it when the kernel has restarted
  const kernel = kernelOf(model);
  const check = () => {
    if (kernel?.isDisposed || GONE.test(kernel?.status ?? "")) gone();
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
