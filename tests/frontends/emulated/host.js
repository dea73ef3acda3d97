// The window of an emulated front end: it runs the notebook on a kernel of a Jupyter server, keeps its outputs, and has
// one frame from another origin that shows them. All messages of the kernel go to the frame, which may send messages
// of its own, as in VS Code and in Colab.

const frame = document.querySelector("iframe");
const api = async (path, body) => (await fetch(`/api/${path}`, body && { method: "POST", body: JSON.stringify(body) })).json();
const session = crypto.randomUUID();
const outputs = JSON.parse(sessionStorage.getItem("outputs") ?? "[]");
const models = new Set(); // of which this window has seen the comm
const post = (message) => frame.contentWindow.postMessage(message, "*");
let running;

// The format of Jupyter's websocket for messages with buffers: their number, their offsets, and the parts.
function parsed(data) {
  if (typeof data === "string") return JSON.parse(data);
  const view = new DataView(data);
  const [start, end] = [view.getUint32(4), view.getUint32(0) > 1 ? view.getUint32(8) : data.byteLength];
  return JSON.parse(new TextDecoder().decode(data.slice(start, end)));
}

function show(output) {
  post({ output: { ...output, live: models.has(output.data["application/vnd.jupyter.widget-view+json"]?.model_id) } });
}

function keep({ header, parent_header, content }) {
  if (header.msg_type === "comm_open") models.add(content.comm_id);
  const id = content.transient?.display_id;
  if (header.msg_type === "update_display_data") {
    for (const output of outputs.filter((one) => one.id === id)) show(Object.assign(output, { data: content.data }));
  } else if (["display_data", "execute_result"].includes(header.msg_type) && parent_header.msg_id === running) {
    outputs.push({ id: id ?? crypto.randomUUID(), data: content.data, metadata: content.metadata });
    show(outputs.at(-1));
  } else if (header.msg_type === "error") {
    console.error(content.traceback.join("\n"));
  }
  sessionStorage.setItem("outputs", JSON.stringify(outputs));
}

const loaded = new Promise((resolve) => {
  addEventListener("message", ({ source, data }) => {
    if (source !== frame.contentWindow) return;
    if (data.ready) resolve();
    if (data.send) socket.send(data.send);
  });
});
frame.src = frame.dataset.src;
const kernel = (await api("kernels"))[0] ?? (await api("kernels", { name: "python3", path: "net.ipynb" }));
const socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/kernels/${kernel.id}/channels?session_id=${session}`);
socket.binaryType = "arraybuffer";
await Promise.all([loaded, new Promise((resolve) => socket.addEventListener("open", resolve))]);
post({ kernel: { id: kernel.id, name: kernel.name }, session });
socket.addEventListener("message", ({ data }) => {
  post({ socket: data });
  keep(parsed(data));
});
for (const output of outputs) show(output);

window.run = async () => {
  outputs.length = 0;
  post({ clear: true });
  running = crypto.randomUUID();
  const { content } = await api("contents/net.ipynb");
  const header = { msg_id: running, msg_type: "execute_request", session, username: "", version: "5.3", date: new Date() };
  const code = content.cells[0].source;
  socket.send(JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content: { code, silent: false } }));
};
