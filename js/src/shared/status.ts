// What a panel shows about its connection to the kernel, and whether its controls are enabled.

import type { Status } from "./connection";
import { t } from "./language";

export interface Mark {
  label: string;
  why: string;
}

export interface Standing {
  /** Whether the kernel can answer a click. */
  live: boolean;
  /** What the header shows instead of the model's state; null if there is nothing to report. */
  mark: Mark | null;
}

/** Return what to show for a status. `lost` says why the model is gone; it is empty otherwise. */
export function standing(status: Status, lost = ""): Standing {
  const off = (label: string, why: string) => ({ live: false, mark: { label, why } });
  if (lost) return off(t("no longer live"), lost);
  if (status === "gone")
    return off(
      t("no longer live"),
      t("The kernel of this panel has stopped. The panel shows the last known state; run the cell again."),
    );
  if (status === "disconnected")
    return off(t("disconnected"), t("The connection to the kernel is down. The panel shows the last known state."));
  if (status === "starting")
    return off(t("not live"), t("No kernel has answered for this panel. It shows the stored state."));
  if (status === "behind") return off(t("updating"), t("The model has changed. The panel is loading its new state."));
  if (status === "waiting")
    return {
      live: true,
      mark: { label: t("waiting for the kernel"), why: t("The kernel is busy or does not answer.") },
    };
  return { live: true, mark: null };
}
