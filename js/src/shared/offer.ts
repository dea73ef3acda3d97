// How a front end and the extension of JupyterLab and Notebook 7 find each other: the front end of a kernel makes an offer
// with this event, and the extension answers it at once. Without the extension, nobody answers.

export const OFFER = "seqwidget:offer";

export interface Offer {
  /** The id of the kernel. */
  kernel: string;
  /** Draw the panel of the model that was edited last, for as long as there is one, until the returned function is called. */
  draw: (el: HTMLElement) => () => void;
  /** Called with whether the panel is docked, at each change. */
  tell: (docked: boolean) => void;
  /** The answer: dock the panel beside the kernel's notebook, or put it back. */
  dock?: (docked: boolean) => void;
}
