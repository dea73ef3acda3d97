// The frame of a Colab output. The widget manager follows the interface that Colab publishes for custom managers: a
// model is made from a state and a comm, messages from before are lost, binary data are Uint8Arrays, and a page sees no
// status of the kernel. Modules come from a CDN.

import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";
import "@jupyter-widgets/controls/css/widgets.css";
import { KernelMessage } from "@jupyterlab/services";
import { deserialize, serialize } from "@jupyterlab/services/lib/kernel/serialize";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";

const WIDGET = "application/vnd.jupyter.widget-view+json";
const MODULES = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls };
const states = new Map(); // the state of each model, as the notebook knows it
const comms = new Map(); // of the models that this frame has made
let session;

class Comm {
  target_name = "";
  #waiting = [];
  #callback;

  constructor(id) {
    this.comm_id = id;
    comms.set(id, this);
  }

  deliver(message) {
    if (!this.#callback) this.#waiting.push(message);
    else queueMicrotask(() => this.#callback(message));
  }

  on_msg(callback) {
    this.#callback = callback;
    for (const message of this.#waiting.splice(0)) this.deliver(message);
  }

  on_close() {}

  close() {}

  send(data, callbacks, _metadata, buffers) {
    const content = { comm_id: this.comm_id, data: JSON.parse(JSON.stringify(data)) };
    const options = { msgType: "comm_msg", channel: "shell", session, content, buffers, username: "" };
    parent.postMessage({ send: serialize(KernelMessage.createMessage(options), "") }, "*");
    setTimeout(() => callbacks?.iopub?.status?.({ content: { execution_state: "idle" } }));
    return "";
  }
}

class Manager extends ManagerBase {
  #models = new Map();

  async loadClass(name, module, version) {
    MODULES[module] ??= await load(`https://cdn.jsdelivr.net/npm/${module}@${version.replace("^", "")}/dist/index.js`);
    return MODULES[module][name];
  }

  get_model(id) {
    if (!this.#models.has(id)) {
      const { _model_name, _model_module, _model_module_version } = states.get(id);
      const names = { model_name: _model_name, model_module: _model_module, model_module_version: _model_module_version };
      this.#models.set(id, this.new_model({ ...names, model_id: id, comm: new Comm(id) }, { ...states.get(id) }));
    }
    return this.#models.get(id);
  }

  async display(id, element) {
    const view = await this.create_view(await this.get_model(id));
    MessageLoop.sendMessage(view.luminoWidget, Widget.Msg.BeforeAttach);
    element.appendChild(view.el);
    MessageLoop.sendMessage(view.luminoWidget, Widget.Msg.AfterAttach);
  }

  _create_comm() {
    throw new Error("this page opens no comms");
  }

  _get_comm_info() {
    throw new Error("Method not implemented.");
  }
}

async function load(url) {
  let found;
  const define = (needs, factory) => {
    found = factory(...needs.map((name) => MODULES[name]));
  };
  new Function("define", await (await fetch(url)).text())(define);
  return found;
}

function hear({ header, content, buffers }) {
  const { data } = content;
  const bytes = (buffers ?? []).map((one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength).slice());
  if (header.msg_type === "comm_open" || (header.msg_type === "comm_msg" && data.method === "update")) {
    base.put_buffers(data.state, data.buffer_paths ?? [], bytes);
    states.set(content.comm_id, { ...states.get(content.comm_id), ...data.state });
  }
  if (header.msg_type === "comm_msg") {
    comms.get(content.comm_id)?.deliver({ content: { comm_id: content.comm_id, data }, buffers: bytes });
  }
}

const manager = new Manager();
const area = document.querySelector("#output-area");

function render({ id, data, metadata }) {
  let element = document.getElementById(id);
  if (!element) {
    element = area.appendChild(document.createElement("div"));
    element.id = id;
    element.className = "display_data output_subarea";
  }
  element.replaceChildren();
  if (data[WIDGET]) {
    if (metadata[WIDGET]?.colab?.custom_widget_manager) manager.display(data[WIDGET].model_id, element).catch(console.error);
    else element.textContent = "Third party widgets are not enabled.";
  } else if (data["text/html"]) element.innerHTML = data["text/html"];
  else if (data["image/png"]) element.innerHTML = `<img src="data:image/png;base64,${data["image/png"]}">`;
  else element.textContent = data["text/plain"];
}

addEventListener("message", ({ data }) => {
  if (data.session) session = data.session;
  if (data.socket) hear(deserialize(data.socket, ""));
  if (data.output) render(data.output);
  if (data.clear) area.replaceChildren();
});
parent.postMessage({ ready: true }, "*");
