// What anywidget loads for each widget: it fetches the bundle that the widget carries, once for all widgets of a notebook. A page
// never lets go of a module that it has loaded, so one for every widget shown would fill its memory.

import type { AnyModel } from "@anywidget/types";

interface Props {
  model: AnyModel<{ bundle: string }>;
}

interface Bundle {
  default: { initialize?: (props: Props) => () => void; render: (props: Props) => unknown };
}

type Bundles = Map<string, Promise<Bundle>>;

/** Jupyter's own way to set a trait, of which anywidget's types show less. */
type SetTrait = (name: string, value: unknown, options: { silent: boolean; unset: boolean }) => void;

const page = globalThis as { seqwidgetBundles?: WeakMap<object, Bundles> };

/** The traits that may be large, of any of our widgets. */
const LARGE = [
  "_css",
  "bundle",
  "catalogue",
  "stack",
  "diagram",
  "runs",
  "remarks",
  "steps",
  "switches",
  "points",
  "colors",
];

function bundleOf(model: Props["model"]): Promise<Bundle> {
  page.seqwidgetBundles ??= new WeakMap();
  const notebook = model.widget_manager ?? page;
  const bundles: Bundles = page.seqwidgetBundles.get(notebook) ?? new Map();
  page.seqwidgetBundles.set(notebook, bundles);
  const code = model.get("bundle");
  const known = bundles.get(code);
  if (known) return known;
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const loading: Promise<Bundle> = import(url).finally(() => URL.revokeObjectURL(url));
  bundles.set(code, loading);
  return loading;
}

/** Empties the model of a widget that was closed: JupyterLab's connection to the kernel holds on to every model it ever had. */
function empty(model: Props["model"]): void {
  for (const name of LARGE) (model.set as SetTrait)(name, undefined, { silent: true, unset: true });
}

export default {
  initialize: async (props: Props) => {
    const stop = (await bundleOf(props.model)).default.initialize?.(props);
    return () => {
      stop?.();
      empty(props.model);
    };
  },
  render: async (props: Props) => (await bundleOf(props.model)).default.render(props),
};
