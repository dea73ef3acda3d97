// The front end. A page loads it once; it connects to the widgets and draws their views.

import type { AnyModel } from "@anywidget/types";
import { computed, effect } from "@preact/signals";
import { type ComponentType, render as renderPreact } from "preact";
import { FeatureMapsPanel } from "./feature_maps/FeatureMapsPanel";
import { type LiveWidgetTraits, TRAITS, type WidgetTraits } from "./generated/traits";
import { remembered } from "./shared/columns";
import { Connection, type Names } from "./shared/connection";
import { type Inbox, slot } from "./shared/frontEnds";
import { knowsKernel } from "./shared/kernelStatus";
import { keepKeys } from "./shared/keyboard";
import { followLanguage, setCatalogue, t } from "./shared/language";
import { PopOut, poppingOut } from "./shared/PopOut";
import { twinOf } from "./shared/staticPanel";
import { SummaryPanel } from "./summary/SummaryPanel";
import { TrainablePanel } from "./trainable/TrainablePanel";
import { TrainingPanel } from "./training/TrainingPanel";

/** All style sheets as one text, inserted by the build. */
declare const STYLES: string;

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
const LOOK = 50; // ms between two looks for the static panel
const LOOKED_FOR = 10_000; // ms, at most
const ASKED = 5000; // ms between two questions whether the kernel is there

interface Followed extends Drawn {
  connection: Connection<LiveWidgetTraits>;
  model: AnyModel<LiveWidgetTraits>;
  dispose: () => void;
}

export function connect(model: AnyModel<LiveWidgetTraits>, inbox: Inbox): Followed {
  const component = model.get("component") as keyof WidgetTraits;
  const connection = new Connection<LiveWidgetTraits>(
    model,
    TRAITS[component] as unknown as Names<LiveWidgetTraits>,
    inbox,
  );
  return { ...DRAWN[component], connection, model, dispose: () => connection.dispose() };
}

export function draw(followed: Followed, el: HTMLElement): () => void {
  const { connection, model, View, cls } = followed;
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
  const stopShowing = showOnce(root, connection, model.get("number"));
  const popOut = el.ownerDocument === document ? poppingOut(root, (body) => draw(followed, body)) : null;
  renderPreact(
    <PopOut.Provider value={popOut}>
      <Shown View={View} connection={connection} />
    </PopOut.Provider>,
    root,
  );
  return () => {
    renderPreact(null, root);
    root.remove();
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
    if (twin.length === 0) twin = twinOf(root, number);
    const live = isLive.peek();
    if (live || (twin.length === 0 && looked > UNPROVEN)) root.hidden = false;
    if (live) for (const element of twin) element.style.setProperty("display", "none", "important");
  };
  // A page may put the view in its place, or the static panel before it, only after the view was drawn.
  const looking = setInterval(() => {
    looked += LOOK;
    look();
    if (twin.length > 0 || looked > LOOKED_FOR) clearInterval(looking);
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

/** Add the styles once, to the page or to the shadow tree in which some front ends put a widget. */
function addStyles(root: HTMLElement): void {
  const tree = root.getRootNode();
  const place = tree instanceof ShadowRoot ? tree : root.ownerDocument.head;
  const key = String(STYLES.length); // a page can contain two versions of seqwidget
  if (place.querySelector(`style[data-seqwidget-styles="${key}"]`)) return;
  const style = document.createElement("style");
  style.dataset.seqwidgetStyles = key;
  style.textContent = STYLES;
  place.append(style);
}

// In a page without a kernel, the front end is a widget itself, and this starts it.
export default {
  initialize({ model }: { model: AnyModel<{ front_end: string; catalogue: Parameters<typeof setCatalogue>[0] }> }) {
    setCatalogue(model.get("catalogue"));
    slot(model.get("front_end")).arrive({ connect: connect as never, draw: draw as never });
  },
};
