/**
 * A page with the code that VS Code draws widgets with, and nothing else of VS Code: it shows a notebook's cells, runs
 * them one after the other as VS Code does, and draws their outputs. Its `tj` is what `tests.browser.notebook` asks.
 *
 * What the Jupyter extension adds to that code is done here as it does it: the kernel has no subshells, a request names
 * its cell, the code of a widget is loaded from the environment of the kernel.
 */

import {
  CommsOverSubshells,
  ContentsManager,
  KernelAPI,
  type KernelMessage,
  ServerConnection,
} from "@jupyterlab/services";
import { KernelConnection } from "@jupyterlab/services/lib/kernel/default";

type Bundle = Record<string, any>;
interface Output {
  json: Bundle;
  node: HTMLElement;
  id?: string;
}
interface Cell {
  source: string;
  count: number | null;
  running: boolean;
  outputs: Output[];
  node: HTMLElement;
}

const WIDGET = "application/vnd.jupyter.widget-view+json";
const page = window as any;
const asked = new URLSearchParams(location.search);
const path = asked.get("path") ?? "";

const serverSettings = ServerConnection.makeSettings({
  baseUrl: `${location.origin}/`,
  wsUrl: `${location.origin.replace(/^http/, "ws")}/`,
  token: asked.get("token") ?? "",
  appendToken: true,
});
const { content } = await new ContentsManager({ serverSettings }).get(path);
const name: string = content.metadata.kernelspec.name;
const model = await KernelAPI.startNew({ name }, serverSettings);
const kernel = new KernelConnection({ serverSettings, model, handleComms: true });
kernel.commsOverSubshells = CommsOverSubshells.Disabled;

const dark = matchMedia("(prefers-color-scheme: dark)").matches;
document.body.className = document.body.dataset.vscodeThemeKind = dark ? "vscode-dark" : "vscode-light";

const registered = new Set<string>();
const loader = {
  widgetsRegisteredInRequireJs: registered,
  successHandler() {},
  errorHandler: (...what: unknown[]) => console.error("A widget was not loaded:", ...what),
  async loadWidgetScript(module: string) {
    page.requirejs.config({ paths: { [module]: `/static/nbextensions/${name}/${module}/index` } });
    registered.add(module);
  },
};
page.vscIPyWidgets8.load();
const manager = new page.vscIPyWidgets.WidgetManager(kernel, document.body, loader, () => {});

const cells: Cell[] = content.cells.map(({ source }: { source: string }) => {
  const node = document.createElement("div");
  node.className = "cell";
  node.innerHTML = '<span class="prompt"></span><pre></pre><div class="outputs"></div>';
  (node.querySelector("pre") as HTMLElement).textContent = source;
  document.body.append(node);
  return { source, count: null, running: false, outputs: [], node };
});
const queue: number[] = [];
let selected = 0;

async function draw({ json, node }: Output): Promise<void> {
  const data = json.data ?? { "text/plain": textOf(json) };
  if (data[WIDGET]) {
    node.className = "cell-output-ipywidget-background";
    const widget = await manager.get_model(data[WIDGET].model_id);
    await manager.display_view(data, await manager.create_view(widget, { el: node }), { node });
  } else if (data["text/html"] !== undefined) node.innerHTML = data["text/html"];
  else node.textContent = data["text/plain"];
}

function add(cell: Cell, json: Bundle, id?: string): void {
  const node = document.createElement("div");
  cell.node.querySelector(".outputs")?.append(node);
  const output = { json, node, id };
  cell.outputs.push(output);
  void draw(output);
}

function hear(cell: Cell, message: KernelMessage.IIOPubMessage): void {
  const { msg_type: output_type } = message.header;
  const json: Bundle = { output_type, ...message.content };
  if (output_type === "display_data" || output_type === "execute_result") add(cell, json, json.transient?.display_id);
  else if (output_type === "stream" || output_type === "error") add(cell, json);
}

kernel.iopubMessage.connect((_, message) => {
  if (message.header.msg_type !== "update_display_data") return;
  const { data, transient } = message.content as Bundle;
  for (const output of cells.flatMap((cell) => cell.outputs))
    if (output.id === transient.display_id) {
      output.json.data = data;
      void draw(output);
    }
});

function prompt(cell: Cell): void {
  (cell.node.querySelector(".prompt") as HTMLElement).textContent = `[${cell.running ? "*" : (cell.count ?? " ")}]:`;
}

async function execute(index: number): Promise<boolean> {
  const cell = cells[index] as Cell;
  const request = { code: cell.source, allow_stdin: true, store_history: true, stop_on_error: false };
  const future = kernel.requestExecute(request, true, { cellId: `vscode-notebook-cell:/${path}#${index}` });
  future.onIOPub = (message) => hear(cell, message);
  const reply = (await future.done) as KernelMessage.IExecuteReplyMsg;
  cell.count = reply.content.execution_count;
  cell.running = false;
  prompt(cell);
  return reply.content.status === "ok";
}

/** Run cells after those that run already; an error leaves out the rest. */
async function run(indices: number[]): Promise<void> {
  for (const index of indices) {
    const cell = cells[index] as Cell;
    for (const { node } of cell.outputs.splice(0)) node.remove();
    cell.running = true;
    prompt(cell);
  }
  const idle = queue.length === 0;
  queue.push(...indices);
  while (idle && queue.length > 0) {
    if (await execute(queue[0] as number)) queue.shift();
    else
      for (const index of queue.splice(0)) {
        (cells[index] as Cell).running = false;
        prompt(cells[index] as Cell);
      }
  }
}

function textOf(output: Bundle): string {
  if (output.output_type === "stream") return output.text;
  if (output.output_type === "error") return `${output.ename}: ${output.evalue}`;
  return output.data["text/plain"] ?? "";
}

const clicks: number[] = [];
document.addEventListener("click", () => clicks.push(Date.now()), true);
(document.getElementById("stop") as HTMLElement).onclick = () => kernel.interrupt();

const at = (index: number) => cells[index] as Cell;
page.tj = {
  clicks,
  kernel: () => kernel,
  ready: (opened: string) => opened === path && kernel.status === "idle",
  readiness: () => ({ path, status: kernel.status, connection: kernel.connectionStatus }),
  select: (index: number) => {
    selected = index;
  },
  run: (command: string) => void run(command === "notebook:run-cell" ? [selected] : [...cells.keys()]),
  running: (index: number) => at(index).running,
  count: (index: number) => at(index).count,
  counts: () => cells.map((cell) => cell.count),
  prompt: (index: number) => at(index).node.querySelector(".prompt")?.textContent,
  outputs: (index: number) => at(index).outputs.map(({ json }) => json),
  text: (index: number) => at(index).outputs.map(({ json }) => textOf(json)).join("\n"),
};
