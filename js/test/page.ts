/** A page with one panel on it: a model as anywidget hands it out, and what the tests ask of the DOM. */

import type { AnyModel } from "@anywidget/types";
import { afterEach } from "vitest";
import wire from "../../tests/wire.json";
import panel from "../src/panel";
import type { FromPython, State, Surroundings } from "../src/wire";

export const states = wire.states as unknown as Record<string, State>;
export const messages = wire.messages;

export function state(name: keyof typeof wire.states): State {
  return structuredClone(states[name]) as State;
}

export interface Sent {
  content: Record<string, unknown> & { type: string; id: string };
  buffers: ArrayBuffer[];
  channel: "shell" | "control";
}

interface ControlMessage {
  header: Record<string, string>;
  channel: string;
  buffers: ArrayBuffer[];
  content: { comm_id: string; first_eight?: string; data: { method: string; content: Sent["content"] } };
}

/** What a kernel says to a request for a key. */
export interface Reply {
  content: { status: string; sentence?: string };
  buffers: (ArrayBuffer | DataView)[];
}

/** JupyterLab's kernel connection, as far as the panel knows it. */
export class Kernel {
  clientId = "client";
  username = "";
  readonly control: ControlMessage[] = [];
  readonly #slots = new Set<(sender: unknown, status: string) => void>();
  readonly statusChanged = {
    connect: (slot: (sender: unknown, status: string) => void) => this.#slots.add(slot),
    disconnect: (slot: (sender: unknown, status: string) => void) => this.#slots.delete(slot),
  };

  readonly #enders = new Set<() => void>();
  readonly disposed = {
    connect: (slot: () => void) => this.#enders.add(slot),
    disconnect: (slot: () => void) => this.#enders.delete(slot),
  };

  constructor(readonly sent: Sent[]) {}

  get listeners(): number {
    return this.#slots.size + this.#enders.size;
  }

  /** End this connection, as closing the notebook does. */
  dispose(): void {
    for (const slot of this.#enders) slot();
  }

  /** How a request for a key is answered; by default never, like a kernel that does not know it. */
  reply: () => Promise<Reply> = () => new Promise(() => undefined);

  sendControlMessage(message: ControlMessage): { done: Promise<Reply> } | undefined {
    this.control.push(message);
    if (message.header.msg_type === "tiled_jupyter_key_request") return { done: this.reply() };
    this.sent.push({ content: message.content.data.content, buffers: message.buffers, channel: "control" });
    return undefined;
  }

  become(status: string): void {
    for (const slot of this.#slots) slot(this, status);
  }
}

const opened: (() => void)[] = [];

afterEach(() => {
  for (const close of opened.splice(0)) close();
  document.body.replaceChildren();
});

/** Open a panel in a new cell output. */
export function open({ lab = true, inactive = true }: { lab?: boolean; inactive?: boolean } = {}) {
  const sent: Sent[] = [];
  const kernel = new Kernel(sent);
  const listeners = new Set<(message: FromPython) => void>();
  const model = {
    get: () => inactive,
    on: (name: string, callback: (message: FromPython) => void) => {
      if (name === "msg:custom") listeners.add(callback);
    },
    off: (_: string, callback: (message: FromPython) => void) => listeners.delete(callback),
    send: (content: Sent["content"], _: unknown, buffers: ArrayBuffer[]) =>
      sent.push({ content, buffers, channel: "shell" }),
    widget_manager: lab ? { kernel } : {},
  } as unknown as AnyModel<{ inactive: unknown }>;
  const widget = panel();
  const stop = widget.initialize({ model });
  opened.push(stop);

  function view() {
    const el = document.createElement("div");
    document.body.append(el);
    const close = widget.render({ model, el });
    opened.push(close);
    return { close, el, ...queries(el) };
  }

  const first = view();
  return {
    ...first,
    view,
    stop,
    kernel,
    sent,
    listeners,
    /** What was sent, but for the handshake. */
    commands: () => sent.filter(({ content }) => !["alive", "ready", "pong"].includes(content.type)),
    hear: (message: FromPython) => {
      for (const listener of listeners) listener(message);
    },
    show: (shown: State, around: Partial<Surroundings> = {}) => {
      const message = { ...surroundings(), ...around, type: "state", state: shown } as FromPython;
      for (const listener of listeners) listener(message);
    },
  };
}

export function surroundings(): Surroundings {
  const { type: _, state: __, ...around } = messages.to_page[0] as Extract<FromPython, { type: "state" }>;
  return { ...around, waiting: false };
}

/** What a person can find, by role and name; what is hidden is not there. */
function queries(el: HTMLElement) {
  const all = <T extends HTMLElement>(selector: string) =>
    [...el.querySelectorAll<T>(selector)].filter(isSeen);
  const named = (each: HTMLElement) => each.getAttribute("aria-label") ?? each.textContent;
  const button = (name: string) =>
    all<HTMLButtonElement>("button:not([role])").find((each) => named(each) === name);
  const field = (name: string) =>
    all<HTMLInputElement>("label input").find((input) => input.labels?.[0]?.textContent === name);
  return {
    all,
    button,
    field,
    buttons: () => all("button:not([role])").map(named),
    /** Open a tab, as a click does. */
    tab: (name: string) => {
      all<HTMLButtonElement>('[role="tab"]')
        .find(({ textContent }) => textContent === name)
        ?.click();
    },
    /** The texts of a table, row by row. */
    rows: () =>
      all("tbody tr:not(.tiled-jupyter-asked)").map((row) => [...row.children].map((cell) => seenText(cell))),
    fields: () => all<HTMLInputElement>("label input").map(({ labels }) => labels?.[0]?.textContent),
    region: () => el.querySelector('[role="region"]') as HTMLElement,
    status: () => el.querySelector('[role="status"]') as HTMLElement,
    alert: () => all('[role="alert"]')[0]?.textContent,
    notes: () => all('[role="note"]').map(({ textContent }) => textContent),
    heading: () => all("h3")[0]?.textContent,
    text: () => seenText(el),
    click: (name: string) => {
      const found = button(name);
      if (!found) throw new Error(`no button ${name}`);
      found.click();
    },
    type: (name: string, text: string) => {
      const input = field(name);
      if (!input) throw new Error(`no field ${name}`);
      input.focus();
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    },
  };
}

function isSeen(element: HTMLElement): boolean {
  for (let each: HTMLElement | null = element; each; each = each.parentElement)
    if (each.hidden || each.style.visibility === "hidden") return false;
  return true;
}

function seenText(node: Node): string {
  if (node instanceof HTMLElement && !isSeen(node)) return "";
  if (node.nodeType === Node.TEXT_NODE) return node.textContent ?? "";
  return [...node.childNodes].map(seenText).join(" ").replace(/\s+/g, " ").trim();
}
