// Docks panels beside notebooks. The front end of a kernel draws them; this gives it a place for each notebook that has a
// docked panel, and keeps the place over kernel restarts and reloads.

import { OFFER, type Offer } from "../shared/offer";
import type { App, Modules, Notebook, Palette, Shell, Tracker, Widget } from "./lab";
import { t } from "./texts";

const COMMAND = "seqwidget:dock";
const KEPT = "seqwidget-docked"; // the paths of the notebooks with a docked panel, in the storage of this browser tab

const STYLES = `
.seqwidget-dock { overflow: auto; background: var(--jp-layout-color1); min-width: 300px }
.seqwidget-dock-panel:not(:empty) + p { display: none }
.seqwidget-dock > p { margin: 24px; color: var(--jp-ui-font-color1); font: var(--jp-ui-font-size1)/1.5 var(--jp-ui-font-family) }
`;

/** A place beside a notebook. */
interface Place {
  widget: Widget;
  /** Name the place after its notebook. */
  name: () => void;
  /** Draw what a kernel offers, or the reason why there is nothing. */
  draw: (offer: Offer | undefined) => void;
}

export function plugin(modules: Modules) {
  return {
    id: "seqwidget:dock",
    description: "Docks the panel of a Keras model beside its notebook.",
    autoStart: true,
    optional: [modules.INotebookTracker, modules.ICommandPalette],
    activate: (app: App, tracker: Tracker | null, palette: Palette | null) => {
      if (tracker) activate(app, tracker, palette, placing(modules, app.shell));
    },
  };
}

function activate(app: App, tracker: Tracker, palette: Palette | null, placeFor: (notebook: Notebook) => Place): void {
  const { commands, shell } = app;
  const places = new Map<Notebook, Place>();
  const offers = new Map<string, Offer>(); // by kernel
  const offerOf = (notebook: Notebook) => offers.get(notebook.sessionContext.session?.kernel?.id ?? "");
  const kept = new Set<string>(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
  const style = document.head.appendChild(document.createElement("style"));
  style.textContent = STYLES;

  const changed = () => {
    const docked = new Set([...places.keys()].map(offerOf));
    for (const offer of offers.values()) offer.tell(docked.has(offer));
    const paths = [...places.keys()].map(({ context }) => context.path);
    sessionStorage.setItem(KEPT, JSON.stringify([...kept, ...paths]));
    commands.notifyCommandChanged(COMMAND);
  };

  const open = (notebook: Notebook) => {
    const known = places.get(notebook);
    if (known) {
      shell.activateById(known.widget.id);
      return;
    }
    const place = placeFor(notebook);
    places.set(notebook, place);
    place.draw(offerOf(notebook));
    if (isSplit(shell)) {
      shell.add(place.widget, "main", { ref: notebook.id, mode: "split-right", activate: false });
    } else {
      shell.add(place.widget, "right");
      shell.activateById(place.widget.id);
    }
    place.widget.disposed.connect(() => {
      places.delete(notebook);
      place.draw(undefined);
      // Another widget at the side stays open.
      if (!isSplit(shell) && place.widget.isVisible) shell.collapseRight();
      changed();
    });
    changed();
  };

  const set = (notebook: Notebook, docked: boolean) =>
    docked ? open(notebook) : places.get(notebook)?.widget.dispose();

  document.addEventListener(OFFER, ({ detail }) => {
    const ofKernel = (one: Notebook | null) => one?.sessionContext.session?.kernel?.id === detail.kernel;
    const current = () => (ofKernel(tracker.currentWidget) ? tracker.currentWidget : tracker.find(ofKernel));
    if (!current()) return; // the kernel of a console
    offers.set(detail.kernel, detail);
    detail.dock = (docked) => {
      const notebook = current();
      if (notebook) set(notebook, docked);
    };
    for (const [notebook, place] of places) if (ofKernel(notebook)) place.draw(detail);
    changed();
  });

  const follow = (notebook: Notebook) => {
    notebook.disposed.connect(() => places.get(notebook)?.widget.dispose());
    notebook.context.pathChanged.connect(() => {
      places.get(notebook)?.name();
      changed();
    });
    notebook.sessionContext.kernelChanged.connect(() => {
      places.get(notebook)?.draw(offerOf(notebook));
      changed();
    });
    // JupyterLab removes what is in its main area before it has restored its layout.
    app.restored.then(() => kept.delete(notebook.context.path) && !notebook.isDisposed && open(notebook));
  };
  tracker.forEach(follow);
  tracker.widgetAdded.connect((_, notebook) => follow(notebook));

  const isDocked = () => Boolean(tracker.currentWidget && places.has(tracker.currentWidget));
  commands.addCommand(COMMAND, {
    label: () => (isDocked() ? t("Put panel back into the notebook") : t("Dock panel beside the notebook")),
    caption: () => t("Shows the panel of the model that was edited last."),
    isEnabled: () => tracker.currentWidget !== null,
    execute: () => {
      // A document may contain links that call commands; a document must not dock anything.
      if ((window.event?.target as Element | undefined)?.closest?.("[data-commandlinker-command]")) return;
      if (tracker.currentWidget) set(tracker.currentWidget, !isDocked());
    },
  });
  palette?.addItem({ command: COMMAND, category: "seqwidget" });
}

/** Return whether places are split from the notebook; otherwise, the side of the page shows one of several widgets. */
const isSplit = (shell: Shell) => shell.mode === "multiple-document";

/** Return a function that makes the place for a notebook. */
function placing({ Widget }: Modules, shell: Shell): (notebook: Notebook) => Place {
  class DockWidget extends Widget {
    override onCloseRequest(): void {
      this.dispose();
    }
    // The side was closed, or shows another widget.
    override onAfterHide(): void {
      queueMicrotask(() => !isSplit(shell) && this.isHidden && this.dispose());
    }
  }
  let made = 0;
  return (notebook) => {
    const widget = new DockWidget({ node: document.createElement("div") });
    widget.id = `seqwidget-dock-${++made}`;
    widget.addClass("seqwidget-dock");
    widget.title.closable = true;
    const name = () => {
      const label = t("Model – {notebook}", { notebook: notebook.context.path.split("/").at(-1) ?? "" });
      Object.assign(widget.title, { label, caption: label });
    };
    name();
    const panel = widget.node.appendChild(document.createElement("div"));
    panel.className = "seqwidget-dock-panel";
    const nothing = widget.node.appendChild(document.createElement("p"));
    nothing.textContent = t("No model of this notebook has a live panel. Run the cell that shows a model.");
    let drawn: Offer | undefined;
    let stop = () => {};
    const draw = (offer: Offer | undefined) => {
      if (offer === drawn) return;
      stop();
      drawn = offer;
      stop = offer ? offer.draw(panel) : () => {};
    };
    return { widget, name, draw };
  };
}
