// What every entry shares: one call of `initialize` a model in a page, one of `render` a view.

import type { AnyModel } from "@anywidget/types";
import { type Signal, signal } from "@preact/signals";
import { type ComponentType, render as renderPreact } from "preact";
import "../../seqwidget/picture/panel.css";
import "./panel.css";
import "./live.css";
import "./edits.css";
import { remembered } from "./columns";
import { keepKeys } from "./keys";
import { followLanguage } from "./language";
import { watchConnection } from "./liveness";
import { followPatches } from "./patches";
import { type Ask, requests } from "./requests";
import { type Connection, connect } from "./traits";
import type { Traits } from "./types";

type View = ComponentType<{ connection: Connection; offline: Signal<boolean>; ask: Ask }>;

export function mount(Panel: View) {
  const initialize = ({ model }: { model: AnyModel<Traits> }): (() => void) => followPatches(model);
  const render = ({ model, el }: { model: AnyModel<Traits>; el: HTMLElement }): (() => void) => {
    const connection = connect(model);
    const offline = signal(false);
    const stopWatching = watchConnection(model, offline);
    const [ask, stopAsking] = requests(model);
    const hidden = remembered();
    if (hidden) connection.set("hidden_columns", hidden, { here: true });
    const root = el.appendChild(document.createElement("div"));
    root.className = "seqwidget";
    keepKeys(root);
    const stopSpeaking = followLanguage(model, root);
    renderPreact(<Panel connection={connection} offline={offline} ask={ask} />, root);
    return () => {
      renderPreact(null, root);
      root.remove();
      stopSpeaking();
      stopWatching();
      stopAsking();
      connection.dispose();
    };
  };
  return { initialize, render };
}
