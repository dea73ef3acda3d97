// What anywidget loads for each widget: it fetches the bundle that the widget carries, once for all widgets of a notebook. A page
// never lets go of a module that it has loaded, so one for every widget shown would fill its memory.

import type { AnyModel } from "@anywidget/types";

interface Props {
  model: AnyModel<{ bundle: string }>;
}

interface Bundle {
  default: { initialize?: (props: Props) => unknown; render: (props: Props) => unknown };
}

type Bundles = Map<string, Promise<Bundle>>;

const page = globalThis as { seqwidgetBundles?: WeakMap<object, Bundles> };

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

export default {
  initialize: async (props: Props) => (await bundleOf(props.model)).default.initialize?.(props),
  render: async (props: Props) => (await bundleOf(props.model)).default.render(props),
};
