// @vitest-environment happy-dom
// What a view shows before, while and after a kernel is connected.

import { beforeEach, describe, expect, it, vi } from "vitest";
import { connect, draw } from "../src/front_end";
import { type SummaryTraits, TRAITS } from "../src/generated/traits";
import { Connection } from "../src/shared/connection";
import type { Inbox } from "../src/shared/frontEnds";
import { FakeModel, greeting, openView, row, traits } from "./stack";

const PATIENCE = { timeout: 10_000 };
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

function connection(version = 3, told: number | null = version) {
  const model = new FakeModel<SummaryTraits>({ ...traits([row({})]), version });
  model.version = version;
  const one = new Connection<SummaryTraits>(model.any, TRAITS.summary, told === null ? [] : [[{ version: told }, []]]);
  const greetings = () => model.sent.filter(({ ask }) => ask === "hello");
  const greet = async (version: number, whole?: object) => {
    const id = greetings().at(-1)?.id;
    if (whole) model.hear(...greeting(version, whole, id));
    else model.hear({ id, facts: { version } });
    await settled();
  };
  return { model, one, greetings, greet };
}

beforeEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

it("is live once the kernel confirms the page's version", async () => {
  const { one, greetings, greet } = connection(3, null);
  expect(one.status.value).toBe("starting");
  expect(greetings()).toMatchObject([{ version: 3, front_end: true }]);
  await greet(3);
  expect(one.status.value).toBe("live");
});

it("repeats `hello`, ever more rarely, while it is not live and nothing has come back", async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const { model, one, greetings } = connection(3, null);
  await vi.advanceTimersByTimeAsync(60_500); // after 1, 3, 7, 15 and 31 s
  expect([greetings().length, one.status.value]).toEqual([6, "starting"]);
  model.hear({ id: greetings()[2]?.id, facts: { version: 3 } }); // any of them may be answered
  await vi.advanceTimersByTimeAsync(60_000);
  expect([greetings().length, one.status.value]).toEqual([6, "live"]);
  model.hear({ version: 5, patches: {} }); // the patch before it was lost
  await vi.advanceTimersByTimeAsync(1500);
  expect([greetings().length, one.status.value]).toEqual([8, "behind"]);
  one.dispose();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(greetings()).toHaveLength(8);
});

it("takes the whole state if the kernel has another version, older or newer", async () => {
  for (const version of [1, 7]) {
    const { one, greet } = connection(3, null);
    await greet(version, { edit: 70, folded: true, unheard_of: 1 });
    expect([one.status.value, one.traits.edit.value, one.traits.folded.value]).toEqual(["live", 70, true]);
  }
});

it("keeps a choice that was set in this page only, until somebody makes another", async () => {
  const { model, one, greet } = connection(3, null);
  one.set("hidden_columns", ["dtype"], { here: true });
  await greet(4, { hidden_columns: [] });
  expect(one.traits.hidden_columns.value).toEqual(["dtype"]);
  model.set("hidden_columns", ["params"]);
  expect(one.traits.hidden_columns.value).toEqual(["params"]);
});

it("applies the next patch, and ignores one that it has already", () => {
  const { model, one, greetings } = connection();
  model.tell({ edit: 8 });
  expect([one.traits.edit.value, one.status.value]).toEqual([8, "live"]);
  model.hear({ version: 4, patches: { edit: { "=": 9 } } });
  expect([one.traits.edit.value, one.status.value]).toEqual([8, "live"]);
  expect(greetings()).toEqual([]);
});

it.each([
  ["is missing", { version: 5, patches: { edit: { "=": 9 } } }],
  ["does not fit", { version: 4, patches: { edit: { "=": 9 }, runs: { keys: {}, gone: null } } }],
])("is behind where a patch %s, until the whole has come; later patches are not blocked", async (_, message) => {
  const { model, one, greetings, greet } = connection();
  model.hear(message);
  expect([one.status.value, one.traits.edit.value]).toEqual(["behind", 1]);
  expect(greetings()).toMatchObject([{ version: 3 }]);
  await greet(5, { edit: 10 });
  expect([one.status.value, one.traits.edit.value]).toEqual(["live", 10]);
  model.hear({ version: 6, patches: { edit: { "=": 11 } } });
  expect([one.status.value, one.traits.edit.value]).toEqual(["live", 11]);
});

it("stops listening when it is closed", () => {
  const { model, one } = connection();
  one.dispose();
  expect(model.listeners).toEqual([]);
});

describe("a page whose state has no facts", () => {
  function opened(inbox: Inbox = []) {
    const { stack, diagram, ...state } = traits([row({})]);
    const model = new FakeModel<SummaryTraits>(state as unknown as SummaryTraits);
    const one = new Connection<SummaryTraits>(model.any, TRAITS.summary, inbox);
    return { model, one, facts: { ...state, stack, diagram } };
  }

  it("asks for all of them", async () => {
    const { model, one, facts } = opened();
    expect(model.sent).toMatchObject([{ ask: "hello", version: -1 }]);
    model.hear({ version: 0, patches: {} });
    expect([one.status.value, one.hasFacts.value]).toEqual(["behind", false]);
    model.hear(...greeting(2, facts, model.sent[0]?.id));
    await settled();
    expect([one.status.value, one.hasFacts.value]).toEqual(["live", true]);
    expect(one.traits.stack.value.name).toBe("small");
  });

  it("takes those of the first message, which a kernel sends while it is busy", () => {
    const { model, one } = opened([greeting(4, { stack: { name: "first" } })]);
    expect([one.status.value, one.traits.stack.value.name]).toEqual(["live", "first"]);
    model.hear({ version: 5, patches: { stack: { keys: { name: { "=": "next" } }, gone: [] } } });
    expect([one.status.value, one.traits.stack.value.name]).toEqual(["live", "next"]);
    expect(model.sent).toEqual([]);
  });

  it("says so if no kernel answers and there is no static panel", async () => {
    const { model } = opened();
    const el = document.body.appendChild(document.createElement("div"));
    const followed = connect(model.any as never, []);
    const stop = draw(followed, el);
    const root = el.querySelector(".seqwidget") as HTMLElement;
    await vi.waitFor(() => expect(root.hidden).toBe(false), PATIENCE);
    expect(root.textContent).toBe("No kernel has answered for this panel; run its cell again.");
    stop();
    followed.dispose();
  });
});

it("says within a second that a reply is late, and when it has come", async () => {
  vi.useFakeTimers();
  const { model, one } = connection();
  one.act("freeze");
  await vi.advanceTimersByTimeAsync(600);
  expect(one.status.value).toBe("live");
  await vi.advanceTimersByTimeAsync(300);
  expect(one.status.value).toBe("waiting");
  model.hear({ id: model.sent.at(-1)?.id, facts: {} });
  expect(one.status.value).toBe("live");
});

it("has the outcome of the last command, even if it is answered first, and any error", async () => {
  const { model, one } = connection();
  const ids = ["freeze", "unfreeze", "freeze"].map((what) => {
    one.act(what as "freeze");
    return model.sent.at(-1)?.id;
  });
  model.hear({ id: ids[2], facts: { code: "last" } });
  model.hear({ id: ids[0], facts: { code: "first" } });
  await settled();
  expect(one.outcome.value).toEqual({ code: "last" });
  model.hear({ id: ids[1], error: "no" });
  await settled();
  expect(one.outcome.value).toEqual({ error: "no" });
});

it("asks whether the kernel is alive when a person uses the panel, but not right after a message from it", () => {
  const { one, greetings } = connection();
  one.prove();
  expect(greetings()).toHaveLength(0);
  vi.useFakeTimers({ now: Date.now() + 10_000 });
  one.prove();
  one.prove();
  expect(greetings()).toHaveLength(1);
});

it("is shown with its controls off if no kernel answers and there is no static panel", async () => {
  const { el, model } = openView(traits([row({})]), []);
  const root = el.querySelector(".seqwidget") as HTMLElement;
  expect(root.hidden).toBe(true);
  await vi.waitFor(() => expect(root.hidden).toBe(false), PATIENCE);
  expect(el.querySelector(".sw-state")?.textContent).toBe("not live");
  expect((el.querySelector(".sw-switch") as HTMLButtonElement).disabled).toBe(true);
  model.hear({ id: model.sent[0]?.id, facts: { version: 0 } });
  await settled();
  expect(el.querySelector(".sw-state")?.textContent).toBe("built");
  expect((el.querySelector(".sw-switch") as HTMLButtonElement).disabled).toBe(false);
});

it("keeps its static panel until it is live, and restores it when it is closed", async () => {
  document.body.innerHTML = `<section><p id="other" data-seqwidget="1"></p></section>
    <section><div id="twin"><p data-seqwidget="1"></p></div><div id="view"></div></section>`;
  const shown = (id: string) => (document.querySelector(`#${id}`) as HTMLElement).style.display !== "none";
  const view = openView(traits([row({})]), []);
  document.querySelector("#view")?.append(view.el);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect([shown("twin"), (view.el.firstChild as HTMLElement).hidden]).toEqual([true, true]);
  view.model.hear({ version: 0 });
  expect([shown("twin"), shown("other"), (view.el.firstChild as HTMLElement).hidden]).toEqual([false, true, false]);
  view.close();
  expect(shown("twin")).toBe(true);
});

it("finds its static panel even if the page moves the view there once it is live", async () => {
  const view = openView(traits([row({})]));
  view.model.hear({ version: 0 });
  await settled();
  document.body.innerHTML = `<div id="twin"></div><div id="view"></div>`;
  document.querySelector("#view")?.append(view.el);
  const twin = document.querySelector("#twin") as HTMLElement;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(twin.style.display).toBe("");
  twin.innerHTML = `<p data-seqwidget="1"></p>`;
  await vi.waitFor(() => expect(twin.style.display).toBe("none"), PATIENCE);
});

it("finds its static panel after it, and takes no static panel of another view", async () => {
  const panel = (id: string) => `<div id="${id}"><p class="seqwidget sw-static" data-seqwidget="1"></p></div>`;
  document.body.innerHTML = `<main><div id="cell"><div id="view"></div>${panel("twin")}</div>
    <div id="next">${panel("other")}<div><p class="seqwidget"></p></div></div></main>`;
  const shown = (id: string) => (document.querySelector(`#${id}`) as HTMLElement).style.display !== "none";
  const view = openView(traits([row({})]), []);
  document.querySelector("#view")?.append(view.el);
  view.model.hear({ version: 0 });
  await vi.waitFor(() => expect([shown("twin"), shown("other"), shown("next")]).toEqual([false, true, true]), PATIENCE);
  document.querySelector("#twin")?.remove();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([shown("other"), shown("next")]).toEqual([true, true]);
});

it("asks a kernel whose status the page does not know, marks the panel while it is silent, and asks again", async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const { model, el, close } = openView(traits([row({})]) as never);
  const greetings = () => model.sent.filter(({ ask }) => ask === "hello");
  const state = () => el.querySelector(".sw-state")?.textContent;
  await vi.advanceTimersByTimeAsync(5100);
  expect([greetings().length, state()]).toEqual([1, "built"]);
  await vi.advanceTimersByTimeAsync(800);
  expect(state()).toBe("waiting for the kernel");
  await vi.advanceTimersByTimeAsync(10_000); // the first question was lost
  expect(greetings()).toHaveLength(2);
  model.hear({ id: greetings()[1]?.id, facts: { version: model.version } });
  await vi.advanceTimersByTimeAsync(10);
  expect(state()).toBe("built");
  close();
  const sent = model.sent.length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(model.sent).toHaveLength(sent);
});

it("does not ask where the page hears of a kernel that has stopped", async () => {
  vi.useFakeTimers({ now: 1_000_000 });
  const manager = { kernel: { status: "idle", isDisposed: false } };
  const asked = vi.spyOn(FakeModel.prototype, "send");
  Object.assign(FakeModel.prototype, { widget_manager: manager });
  const { close } = openView(traits([row({})]) as never);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).not.toHaveBeenCalled();
  close();
  delete (FakeModel.prototype as { widget_manager?: unknown }).widget_manager;
  asked.mockRestore();
});
