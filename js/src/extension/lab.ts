// The parts of JupyterLab's interfaces that the extension uses. Notebook 7 has the same.

import type { Offer } from "../shared/offer";

declare global {
  interface DocumentEventMap {
    "seqwidget:offer": CustomEvent<Offer>;
  }
}

interface Signal<T> {
  connect: (slot: (sender: unknown, value: T) => void) => void;
}

interface LuminoWidget {
  onCloseRequest(message: unknown): void;
  onAfterHide(message: unknown): void;
}

export interface Widget extends LuminoWidget {
  id: string;
  readonly node: HTMLElement;
  readonly title: { label: string; caption: string; closable: boolean };
  readonly isDisposed: boolean;
  readonly isHidden: boolean;
  readonly isVisible: boolean;
  readonly disposed: Signal<void>;
  addClass: (name: string) => void;
  dispose: () => void;
}

export interface Notebook extends Widget {
  context: { path: string; pathChanged: Signal<string> };
  sessionContext: {
    session: { kernel: { id: string } | null } | null;
    kernelChanged: Signal<unknown>;
  };
}

export interface Tracker {
  readonly currentWidget: Notebook | null;
  readonly widgetAdded: Signal<Notebook>;
  find: (test: (notebook: Notebook) => boolean) => Notebook | undefined;
  forEach: (act: (notebook: Notebook) => void) => void;
}

export interface Shell {
  add: (
    widget: Widget,
    area: string,
    options?: { ref?: string; mode?: string; activate?: boolean; rank?: number },
  ) => void;
  activateById: (id: string) => void;
  collapseRight: () => void;
  /** Only JupyterLab has a mode: "single-document" shows one document, and others beside each other. */
  mode?: string;
}

export interface App {
  shell: Shell;
  restored: Promise<void>;
  commands: {
    addCommand: (id: string, options: Record<string, unknown>) => void;
    notifyCommandChanged: (id: string) => void;
  };
}

export interface Palette {
  addItem: (options: { command: string; category: string }) => void;
}

/** What the extension uses of the modules that the page shares with it. */
export interface Modules {
  Widget: new (options: { node: HTMLElement }) => Widget;
  INotebookTracker: unknown;
  ICommandPalette: unknown;
}
