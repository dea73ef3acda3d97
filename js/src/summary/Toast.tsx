// Says in one line what an edit changed while no panel of the model can be seen, at the edge of the notebook where the panel
// is. A click scrolls to the panel.

import { effect, signal, untracked } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { SummaryTraits } from "../generated/traits";
import type { Connection } from "../shared/connection";
import { t } from "../shared/language";
import { type Sight, sceneOf } from "../shared/sight";
import { addStyles } from "../shared/styles";

const SHOWN = 8000; // ms that the line stays, unless the pointer or the focus is on it
const SPOKEN = 100; // ms after which a screen reader has noticed the empty line, and reads its text
const MARGIN = 8; // px to the edge of the notebook
const LEAST = 40; // px of the notebook that must be visible

interface Panel {
  connection: Connection<SummaryTraits>;
  sight: Sight;
}

interface Said {
  name: string;
  text: string;
  refused: boolean;
  above: boolean;
  show: () => void;
}

const said = signal<Said | null>(null);
let line: HTMLElement | null = null; // the line in the page; null if there is none
let owner: Panel | null = null; // the panel that it is about

/** Tell what the edits of a panel's model change, for as long as it is out of sight, until the returned function is called. */
export function tellEdits(panel: Panel): () => void {
  const { connection, sight } = panel;
  const { last_edit, news, toasts } = connection.traits;
  let known: number | undefined;
  const stopTelling = effect(() => {
    const edit = connection.hasFacts.value ? last_edit.value : undefined;
    const isNews = known !== undefined && edit !== known;
    known = edit ?? known;
    if (isNews && news.peek() && toasts.peek()) untracked(() => tell(panel));
  });
  const stopWatching = effect(() => {
    const isSeen = [...sight.seen.value.values()].some(Boolean);
    if ((isSeen || !toasts.value || connection.status.value !== "live") && owner === panel) close();
  });
  return () => {
    stopTelling();
    stopWatching();
    if (owner === panel) close();
  };
}

function tell(panel: Panel): void {
  const views = [...panel.sight.seen.value];
  const view = views.map(([one]) => one).findLast((one) => one.isConnected && !one.hidden);
  // In a frame, the line would be at the edge of the frame.
  if (!view || views.some(([, isSeen]) => isSeen) || window.top !== window || document.hidden) return;
  const scene = sceneOf(view);
  const [left, right] = [Math.max(scene.left, 0), Math.min(scene.right, innerWidth)];
  const [top, bottom] = [Math.max(scene.top, 0), Math.min(scene.bottom, innerHeight)];
  if (right - left < LEAST || bottom - top < LEAST) return; // a notebook behind another one
  const { stack, news, refused, language } = panel.connection.traits;
  const above = view.getBoundingClientRect().top < top;
  owner = panel;
  line ??= open();
  line.lang = language.value;
  Object.assign(line.style, {
    left: `${left + MARGIN}px`,
    maxWidth: `${right - left - 3 * MARGIN}px`,
    top: above ? `${top + MARGIN}px` : "auto",
    bottom: above ? "auto" : `${innerHeight - bottom + MARGIN}px`,
  });
  const next: Said = {
    name: stack.value.name,
    text: news.value,
    refused: "layer" in refused.value,
    above,
    show: () => reveal(view),
  };
  setTimeout(() => {
    if (owner === panel) said.value = next;
  }, SPOKEN);
}

/** Scroll to a view, and move the focus to it. */
export function reveal(view: HTMLElement): void {
  view.scrollIntoView({ block: "start" });
  view.tabIndex = -1;
  view.focus({ preventScroll: true });
}

function open(): HTMLElement {
  const root = document.body.appendChild(document.createElement("div"));
  root.className = "seqwidget sw-toast";
  root.setAttribute("role", "status");
  addStyles(root);
  render(<Line />, root);
  return root;
}

function close(): void {
  owner = null;
  said.value = null;
  if (!line) return;
  render(null, line);
  line.remove();
  line = null;
}

function Line() {
  const now = said.value;
  const box = useRef<HTMLDivElement>(null);
  const timer = useRef(0);
  const stop = () => clearTimeout(timer.current);
  const start = () => {
    stop();
    timer.current = setTimeout(() => !box.current?.matches(":is(:hover, :focus-within)") && close(), SHOWN);
  };
  useEffect(() => {
    if (now) start();
    return stop;
  }, [now]);
  if (!now) return null;
  return (
    <div class="sw-toast-line" ref={box} onPointerLeave={start} onFocusOut={start}>
      <button type="button" class={now.refused ? "is-refused" : ""} title={t("Show the panel")} onClick={now.show}>
        <span aria-hidden="true">{now.above ? "↑" : "↓"}</span> <b>{now.name}</b> <bdi>{now.text}</bdi>
      </button>
      <button type="button" title={t("Dismiss")} aria-label={t("Dismiss")} onClick={close}>
        ×
      </button>
    </div>
  );
}
