// The loader: one message brings the front end for all widgets of a kernel, and nothing is drawn before.

import { beforeEach, expect, test, vi } from "vitest";
import { FakeModel, row, traits } from "./stack";

const FRONT_END = `
  export const connect = (model, inbox) => ({ inbox, dispose: () => model.set("component", "disposed") });
  export const draw = (connection, el) => { el.drawn = connection; return () => {}; };`;

beforeEach(() => {
  vi.useRealTimers();
  vi.resetModules();
  (globalThis as { seqwidgetFrontEnds?: unknown }).seqwidgetFrontEnds = undefined; // as in another page
});

test("two widgets share one front end from the first message that brings it, and receive earlier messages", async () => {
  const create = vi
    .spyOn(URL, "createObjectURL")
    .mockReturnValue(`data:text/javascript,${encodeURIComponent(FRONT_END)}`);
  const { default: loader } = await import("../src/loader");
  const models = [new FakeModel(traits([row({})])), new FakeModel(traits([row({})]))] as const;
  const elements = [{}, {}] as { drawn?: { inbox: [object][] } }[];
  const stops = models.map((model) => loader.initialize({ model: model.any } as never));
  const renders = models.map((model, at) => loader.render({ model: model.any, el: elements[at] } as never));
  expect(models[0].sent).toMatchObject([{ ask: "hello", version: 0, front_end: false }]);
  models[1].hear({ version: 1, patches: {} });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(elements[0]?.drawn).toBeUndefined();
  models[0].hear({ id: models[0].sent[0]?.id, facts: { version: 0, front_end: FRONT_END } });
  models[1].hear({ facts: { version: 2, front_end: FRONT_END } });
  await Promise.all(renders);
  expect(create).toHaveBeenCalledTimes(1);
  expect(elements[1]?.drawn?.inbox.map(([message]) => message)).toMatchObject([
    { version: 1 },
    { facts: { version: 2 } },
  ]);
  for (const stop of stops) stop();
  await new Promise((resolve) => setTimeout(resolve));
  expect(models.map(({ state }) => state.component)).toEqual(["disposed", "disposed"]);
});

test("the loader repeats `hello` until the front end comes, also after messages to other pages", async () => {
  vi.useFakeTimers();
  const { default: loader } = await import("../src/loader");
  const model = new FakeModel(traits([row({})]));
  const stop = loader.initialize({ model: model.any } as never);
  await vi.advanceTimersByTimeAsync(1500);
  model.hear({ version: 1, patches: {} });
  await vi.advanceTimersByTimeAsync(1000);
  const { start, ...hello } = model.sent[0] as unknown as Record<string, unknown>;
  expect(start).toEqual(expect.any(String));
  expect(model.sent).toEqual([{ ...hello, start }, { ...hello, start }, hello]);
  model.hear({ id: model.sent[0]?.id, facts: { version: 1, front_end: FRONT_END } });
  await vi.advanceTimersByTimeAsync(5000);
  expect(model.sent).toHaveLength(3);
  stop();
});

test("a message is an answer where the front end has come as a widget of its own", async () => {
  vi.useFakeTimers();
  const { default: loader } = await import("../src/loader");
  const { slot } = await import("../src/shared/frontEnds");
  const model = new FakeModel(traits([row({})]));
  slot(model.state.front_end).arrive({ connect: () => ({ dispose: () => {} }), draw: () => () => {} });
  const stop = loader.initialize({ model: model.any } as never);
  await vi.advanceTimersByTimeAsync(1500); // without a message: anywidget may have dropped them
  expect(model.sent).toHaveLength(2);
  model.hear({ id: model.sent[0]?.id, facts: { version: 0 } });
  await vi.advanceTimersByTimeAsync(5000);
  expect(model.sent).toHaveLength(2);
  stop();
});
