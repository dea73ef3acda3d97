// The loader, which is part of every widget and therefore small. It sends `hello` to the kernel,
// receives the front end in a message and starts it. All widgets of a kernel in a page share one
// front end. If no kernel answers, nothing is drawn and the static panel stays visible.

import type { AnyModel } from "@anywidget/types";
import type { RequestFields } from "./generated/requests";
import { type FrontEnd, type Inbox, slot } from "./shared/frontEnds";

interface Props {
  model: AnyModel;
  el: HTMLElement;
}

interface Started {
  frontEnd: FrontEnd;
  connection: { dispose: () => void };
}

const AGAIN = 1000; // ms without an answer before the page repeats `hello`
const ATTEMPTS = 10;

const started = new Map<string, Promise<Started>>();

/** Import the front end, once per page: a page never frees a module that it has loaded. */
async function load(key: string, script: string): Promise<void> {
  const here = slot(key);
  if (here.loading) return;
  here.loading = true;
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  try {
    here.arrive(await import(url));
  } catch {
    here.loading = false; // try again with the next message
  } finally {
    URL.revokeObjectURL(url);
  }
}

function start(model: AnyModel): Promise<Started> {
  const token: string = model.get("token");
  const known = started.get(token);
  if (known) return known;
  const key: string = model.get("front_end");
  const inbox: Inbox = [];
  const listener = (message: Inbox[0][0], buffers: DataView[]) => {
    inbox.push([message, buffers]);
    const script = (message.facts as Inbox[0][0] | undefined)?.front_end;
    if (script) load(key, script as string);
  };
  model.on("msg:custom", listener);
  const here = slot(key);
  const hello: RequestFields["hello"] & { ask: string; id: string } = {
    ask: "hello",
    id: `${token}-loader`,
    front_end: here.loading,
    version: model.get("version"),
  };
  // A repeated hello has the same start. If it comes after the answer, this page hears nothing, and the kernel opens
  // a new comm for the widget.
  let start: RequestFields["hello"] = { start: Math.random().toString(36).slice(2) };
  if (!here.loading) model.send({ ...hello, ...start });
  let attempt = 0;
  const again = setInterval(() => {
    if (attempt++ < ATTEMPTS) model.send({ ...hello, ...start });
    else clearInterval(again);
  }, AGAIN);
  const hear = () => {
    start = {}; // messages arrive
    if (!here.loading) return; // a message to another page
    clearInterval(again);
    model.off("msg:custom", hear);
  };
  model.on("msg:custom", hear);
  const starting = here.arrived.then((frontEnd) => {
    here.loading = true; // even if it arrived as a widget of its own, as in a reloaded page
    model.off("msg:custom", listener);
    return { frontEnd, connection: frontEnd.connect(model, inbox) };
  });
  started.set(token, starting);
  return starting;
}

async function stop(model: AnyModel): Promise<void> {
  const token: string = model.get("token");
  const starting = started.get(token);
  started.delete(token);
  (await starting)?.connection.dispose();
}

export default {
  // Not awaited: anywidget gives a widget two seconds to start, and then drops all its messages. If
  // the page is slower, it repeats `hello` without receiving an answer, and the kernel reopens the widget.
  initialize({ model }: Props) {
    start(model);
    return () => {
      stop(model);
    };
  },
  async render({ model, el }: Props) {
    const { frontEnd, connection } = await start(model);
    return frontEnd.draw(connection as never, el);
  },
};
