// The entry of the Summary widget: one call of `render` a view.

import type { AnyModel } from "@anywidget/types";
import { signal } from "@preact/signals";
import { render as renderPreact } from "preact";
import "../../seqwidget/picture/panel.css";
import "./live.css";
import "./edits.css";
import { remembered } from "./columns";
import { watchConnection } from "./liveness";
import { Panel } from "./panel";
import { followPatches } from "./patches";
import { requests } from "./requests";
import { connect } from "./traits";
import type { Traits } from "./types";

function render({ model, el }: { model: AnyModel<Traits>; el: HTMLElement }): () => void {
  const connection = connect(model);
  const offline = signal(false);
  const stopWatching = watchConnection(model, offline);
  const [ask, stopAsking] = requests(model);
  const hidden = remembered();
  if (hidden) connection.set("hidden_columns", hidden, { here: true });
  const root = el.appendChild(document.createElement("div"));
  root.className = "seqwidget";
  renderPreact(<Panel connection={connection} offline={offline} ask={ask} />, root);
  return () => {
    renderPreact(null, root);
    root.remove();
    stopWatching();
    stopAsking();
    connection.dispose();
  };
}

function initialize({ model }: { model: AnyModel<Traits> }): () => void {
  return followPatches(model);
}

export default { initialize, render };
