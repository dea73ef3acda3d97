// The front end. A page loads it once; it connects to the widgets and draws their views.

import type { AnyModel } from "@anywidget/types";
import { computed, effect } from "@preact/signals";
import { type ComponentType, render as renderPreact } from "preact";
import { FeatureMapsPanel } from "./feature_maps/FeatureMapsPanel";
import { type LiveWidgetTraits, type SummaryTraits, TRAITS, type WidgetTraits } from "./generated/traits";
import { remembered } from "./shared/columns";
import { Connection, type Names } from "./shared/connection";
import { Dock, type Docking, Docks } from "./shared/Dock";
import { type Inbox, slot } from "./shared/frontEnds";
import { kernelOf, knowsKernel } from "./shared/kernelStatus";
import { keepKeys } from "./shared/keyboard";
import { followLanguage, setCatalogue, t } from "./shared/language";
import { PopOut, poppingOut } from "./shared/PopOut";
import { Sight } from "./shared/sight";
import { twinOf } from "./shared/staticPanel";
import { addStyles } from "./shared/styles";
import { SummaryPanel } from "./summary/SummaryPanel";
import { reveal, tellEdits } from "./summary/Toast";
import { TrainablePanel } from "./trainable/TrainablePanel";
import { TrainingPanel } from "./training/TrainingPanel";

interface Drawn {
  // biome-ignore lint/suspicious/noExplicitAny: each component has its own type of connection
  View: ComponentType<{ connection: Connection<any> }>;
  cls: string;
}

const DRAWN: Record<keyof WidgetTraits, Drawn> = {
  summary: { View: SummaryPanel, cls: "" },
  trainable: { View: TrainablePanel, cls: "" },
  training: { View: TrainingPanel, cls: "" },
  feature_maps: { View: FeatureMapsPanel, cls: "sw-maps" },
};
const UNPROVEN = 300; // ms that a view without a static panel waits before it is shown as not live
const LOOK = 50; // ms between two searches for the static panel
const LOOKED_FOR = 10_000; // ms for which the static panel is searched, at most
const ASKED = 5000; // ms between two requests that check whether the kernel is there

interface Followed extends Drawn {
  connection: Connection<LiveWidgetTraits>;
  model: AnyModel<LiveWidgetTraits>;
  docking?: Docking | null;
  sight?: Sight;
  dispose: () => void;
}

const docks = new Docks<Followed & { connection: Connection<SummaryTraits> }>((followed, el) => draw(followed, el));

export function connect(model: AnyModel<LiveWidgetTraits>, inbox: Inbox): Followed {
  const component = model.get("component") as keyof WidgetTraits;
  const connection = new Connection<LiveWidgetTraits>(
    model,
    TRAITS[component] as unknown as Names<LiveWidgetTraits>,
    inbox,
  );
  const followed: Followed = { ...DRAWN[component], connection, model, dispose: () => connection.dispose() };
  return component === "summary" ? alwaysInView(followed as never) : followed;
}

/** Let the panel be docked beside the notebook, and tell what edits change while it is out of sight. */
function alwaysInView(followed: Followed & { connection: Connection<SummaryTraits> }): Followed {
  const { connection, model, dispose } = followed;
  const forget = docks.add(followed, kernelOf(model as never)?.id);
  const sight = new Sight();
  const stopTelling = tellEdits({ connection, sight });
  const dock = docks.dockingOf(followed);
  const docking = dock && {
    ...dock,
    set: (docked: boolean) => {
      dock.set(docked);
      const [view] = sight.seen.peek().keys(); // a docked panel that is put back is no longer among them
      if (!docked && view) reveal(view);
    },
  };
  const stop = effect(() => {
    if (connection.docks.value > 0) docking?.set(true);
  });
  return Object.assign(followed, {
    docking,
    sight,
    dispose: () => {
      forget();
      stopTelling();
      stop();
      dispose();
    },
  });
}

export function draw(followed: Followed, el: HTMLElement): () => void {
  const { connection, model, View, cls, docking = null } = followed;
  const root = el.appendChild(document.createElement("div"));
  root.className = `seqwidget ${cls}`.trim();
  root.hidden = true;
  addStyles(root);
  keepKeys(root);
  const hidden = remembered();
  if (hidden && "hidden_columns" in connection.traits)
    connection.set("hidden_columns" as never, hidden as never, { here: true });
  const prove = () => connection.prove();
  for (const event of ["pointerenter", "focusin"]) root.addEventListener(event, prove);
  for (const event of ["online", "focus"]) window.addEventListener(event, prove);
  // Where nothing tells the page that a kernel has stopped, the kernel is asked; elsewhere, that would keep it from being idle.
  const asking = knowsKernel(model as never) ? 0 : setInterval(() => document.hidden || prove(), ASKED);
  const stopSpeaking = followLanguage(connection, root);
  const stopWatching = followed.sight?.add(root);
  const stopShowing = showOnce(root, connection, model.get("number"));
  const here = el.ownerDocument === document; // not in a window of its own
  const popOut = here ? poppingOut(root, (body) => draw(followed, body)) : null;
  renderPreact(
    <PopOut.Provider value={popOut}>
      <Dock.Provider value={here ? docking : null}>
        <Shown View={View} connection={connection} />
      </Dock.Provider>
    </PopOut.Provider>,
    root,
  );
  return () => {
    renderPreact(null, root);
    root.remove();
    stopWatching?.();
    stopShowing();
    stopSpeaking();
    clearInterval(asking);
    for (const event of ["online", "focus"]) window.removeEventListener(event, prove);
  };
}

function Shown({ View, connection }: Pick<Followed, "View" | "connection">) {
  if (connection.hasFacts.value) return <View connection={connection} />;
  return <div class="sw-error">{t("No kernel has answered for this panel; run its cell again.")}</div>;
}

/**
 * Show a view once the kernel has answered, and hide its static panel. A view without a static
 * panel is shown in any case, marked as not live.
 */
function showOnce(root: HTMLElement, { status, hasFacts }: Connection<LiveWidgetTraits>, number: number): () => void {
  let twin: HTMLElement[] = [];
  let looked = 0;
  const isLive = computed(() => status.value !== "starting" && hasFacts.value);
  const look = () => {
    if (!twin.at(-1)?.isConnected) twin = twinOf(root, number);
    const live = isLive.peek();
    if (live || (twin.length === 0 && looked > UNPROVEN)) root.hidden = false;
    if (live) for (const element of twin) element.style.setProperty("display", "none", "important");
  };
  // A page may put the view in its place, or the static panel before it, only after the view was drawn,
  // and it may redraw the static panel when the kernel completes it.
  const looking = setInterval(() => {
    looked += LOOK;
    look();
    if (looked > LOOKED_FOR) clearInterval(looking);
  }, LOOK);
  const stop = effect(() => {
    if (isLive.value) look();
  });
  return () => {
    clearInterval(looking);
    stop();
    for (const element of twin) element.style.removeProperty("display");
  };
}

// In a page without a kernel, the front end is a widget itself, and this starts it.
export default {
  initialize({ model }: { model: AnyModel<{ front_end: string; catalogue: Parameters<typeof setCatalogue>[0] }> }) {
    setCatalogue(model.get("catalogue"));
    slot(model.get("front_end")).arrive({ connect: connect as never, draw: draw as never });
  },
};
