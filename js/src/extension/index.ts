// The extension of JupyterLab 4 and Notebook 7, as a container in the form of module federation: the page calls `init` with
// the modules that it shares, and `get` for the plugin. It needs three names of these modules, and bundles none.

import type { Modules } from "./lab";
import { plugin } from "./plugin";

/** The shared modules by name and version. */
type Shared = Record<string, Record<string, { get: () => Promise<() => unknown>; loaded?: unknown }>>;

let shared: Shared = {};

/** Return a module that the page uses, too: the version that it has loaded, if there are several. */
async function use(name: string): Promise<Modules> {
  const versions = Object.values(shared[name] ?? {});
  const version = versions.find(({ loaded }) => loaded) ?? versions[0];
  if (!version) throw new Error(`the page shares no ${name}`);
  return (await version.get())() as Modules;
}

const page = window as { _JUPYTERLAB?: Record<string, unknown> };
page._JUPYTERLAB ??= {};
page._JUPYTERLAB.seqwidget = {
  init: (modules: Shared) => {
    shared = modules;
  },
  get: async () => {
    const names = ["@lumino/widgets", "@jupyterlab/notebook", "@jupyterlab/apputils"];
    const [widgets, notebook, apputils] = (await Promise.all(names.map(use))) as [Modules, Modules, Modules];
    return () => ({
      __esModule: true,
      default: plugin({
        Widget: widgets.Widget,
        INotebookTracker: notebook.INotebookTracker,
        ICommandPalette: apputils.ICommandPalette,
      }),
    });
  },
};
