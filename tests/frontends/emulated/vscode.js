// The frame of VS Code's notebooks. The widget manager is the one that its Jupyter extension uses, from the npm package
// @vscode/jupyter-ipywidgets8. As in the extension, the kernel of this manager is a proxy: a kernel connection of
// JupyterLab whose websocket is the messages of the window.

import { ServerConnection } from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";
import "@jupyter-widgets/controls/css/labvariables.css";
import { activate } from "vscode-ipywidgets";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const container = document.querySelector("#container");
let socket;
let manager;

class ProxySocket {
  protocol = "";
  constructor() {
    socket = this;
  }
  send(data) {
    parent.postMessage({ send: data }, "*");
  }
  close() {}
}

function connect({ kernel, session }) {
  const serverSettings = ServerConnection.makeSettings({ WebSocket: ProxySocket, wsUrl: "BOGUS" });
  const proxy = new KernelConnection({ serverSettings, clientId: session, handleComms: true, username: "", model: kernel });
  proxy.requestKernelInfo = () => Promise.resolve();
  socket.onopen({ target: socket });
  delete proxy.requestKernelInfo;
  const scripts = {
    widgetsRegisteredInRequireJs: new Set(),
    loadWidgetScript: async (name) => requirejs.config({ paths: { [name]: `/nbextensions/${name}/index` } }),
    errorHandler: (...error) => console.error(...error),
    successHandler: () => {},
  };
  manager = new window.vscIPyWidgets.WidgetManager(proxy, undefined, scripts, () => {});
}

async function renderWidget(id, element) {
  for (let attempt = 0; attempt < 10 && !manager.has_model(id); attempt++) await new Promise((done) => setTimeout(done, 100));
  const model = await manager.get_model(id);
  const inner = element.appendChild(document.createElement("div"));
  inner.className = "cell-output-ipywidget-background";
  inner.appendChild(document.createElement("div")).className = "cell-output";
  manager.display_view(undefined, await manager.create_view(model, { el: inner }), { node: inner });
}

// One element for each output; the first format that VS Code can render is shown. A widget whose comm this window has not
// seen is not rendered, but the next format.
function render({ id, data, live }) {
  let output = document.getElementById(id);
  if (!output) {
    const outer = container.firstElementChild.appendChild(document.createElement("div"));
    outer.className = "output_container";
    output = outer.appendChild(document.createElement("div"));
    Object.assign(output, { className: "output", id });
    output.appendChild(document.createElement("div"));
  }
  const element = output.firstElementChild;
  element.replaceChildren();
  if (data[WIDGET] && live) {
    output.firstElementChild.className = "cell-output-ipywidget-background";
    renderWidget(data[WIDGET].model_id, element).catch(console.error);
  } else if (data["text/html"]) element.innerHTML = data["text/html"];
  else if (data["image/png"]) element.innerHTML = `<img src="data:image/png;base64,${data["image/png"]}">`;
  else element.textContent = data["text/plain"];
}

activate();
window.vscIPyWidgets8.load();
addEventListener("message", ({ data }) => {
  if (data.kernel) connect(data);
  if (data.socket) socket.onmessage({ target: socket, data: data.socket });
  if (data.output) render(data.output);
  if (data.clear) container.firstElementChild.replaceChildren();
});
parent.postMessage({ ready: true }, "*");
