// The loader: one import for all widgets of a notebook, and nothing large left of a widget that was closed.

import { expect, test, vi } from "vitest";

const BUNDLE =
  "export default { initialize: ({ model }) => () => model.said.push('stopped'), render: () => 'rendered' }";

function closable(values: Record<string, unknown>) {
  return {
    said: [] as string[],
    get: (name: string) => values[name],
    set: (name: string, value: unknown, options: { silent: boolean; unset: boolean }) => {
      if (options.unset && options.silent) delete values[name];
      else values[name] = value;
    },
  };
}

test("the large traits of a widget go when it is closed, after what follows it has stopped", async () => {
  vi.spyOn(URL, "createObjectURL").mockReturnValue(`data:text/javascript,${encodeURIComponent(BUNDLE)}`);
  const { default: widget } = await import("../src/loader");
  const values = { bundle: BUNDLE, _css: ".a {}", stack: { rows: [] }, diagram: {}, name: "kept" };
  const model = closable(values);
  const close = await widget.initialize({ model } as never);
  expect(await widget.render({ model } as never)).toBe("rendered");
  expect(Object.keys(values)).toHaveLength(5);
  close();
  expect(model.said).toEqual(["stopped"]);
  expect(values).toEqual({ name: "kept" });
});
