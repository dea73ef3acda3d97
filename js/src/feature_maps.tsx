// The entry of the FeatureMaps widget: one call of `render` a view.

import type { AnyModel } from "@anywidget/types";
import { signal } from "@preact/signals";
import { render as renderPreact } from "preact";
import "../../seqwidget/picture/panel.css";
import "./panel.css";
import "./live.css";
import "./maps/maps.css";
import { keepKeys } from "./keys";
import { followLanguage } from "./language";
import { watchConnection } from "./liveness";
import { Store } from "./maps/store";
import { type MapsTraits, NAMES } from "./maps/types";
import { Viewer } from "./maps/viewer";
import { requests } from "./requests";
import { connectTo } from "./traits";

function render({ model, el }: { model: AnyModel<MapsTraits>; el: HTMLElement }): () => void {
  const connection = connectTo(model, NAMES);
  const offline = signal(false);
  const stopWatching = watchConnection(model, offline);
  const [ask, stopAsking] = requests(model);
  const store = new Store(ask);
  const root = el.appendChild(document.createElement("div"));
  root.className = "seqwidget sw-maps";
  keepKeys(root);
  const stopSpeaking = followLanguage(model, root);
  renderPreact(<Viewer connection={connection} ask={ask} store={store} offline={offline} />, root);
  return () => {
    renderPreact(null, root);
    root.remove();
    store.dispose();
    stopSpeaking();
    stopAsking();
    stopWatching();
    connection.dispose();
  };
}

export default { render };
