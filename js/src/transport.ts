/**
 * How the page talks to Python: every command once, over one channel.
 *
 * While a cell runs, the shell channel may be deaf; JupyterLab lets a page use the control channel, and
 * Python says when it wants that. Nothing here knows what a login is, and nothing here logs.
 */

import type { AnyModel } from "@anywidget/types";
import { unique } from "./dom";
import type { Command, FromPython, Transport } from "./wire";

/** What we use of JupyterLab's kernel connection; other front ends have none of it. */
interface Kernel {
  clientId: string;
  username?: string;
  sendControlMessage?: (message: object, expectReply: boolean, disposeOnDone: boolean) => unknown;
  statusChanged?: Signal<string>;
}

interface Signal<Value> {
  connect(slot: (sender: unknown, value: Value) => void): unknown;
  disconnect(slot: (sender: unknown, value: Value) => void): unknown;
}

const REPEAT = 250;
const GIVE_UP = 15_000;

export class Link {
  readonly #model: AnyModel;
  #transport: Transport = "shell";
  #comm = "";

  constructor(model: AnyModel) {
    this.#model = model;
  }

  /** Whether this page could use the control channel. */
  get control(): boolean {
    return typeof this.#kernel?.sendControlMessage === "function";
  }

  get #kernel(): Kernel | null | undefined {
    return (this.#model.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;
  }

  /** Answer on the channel Python asks for from now on. */
  follow({ transport, comm }: FromPython): void {
    this.#transport = transport;
    this.#comm = comm;
  }

  /** Send a command; what is secret or may hold a secret goes beside it, as its one buffer. */
  send(command: Command, secret?: Uint8Array<ArrayBuffer>): void {
    const content = { ...command, id: unique() };
    const buffers = secret ? [secret.buffer] : [];
    const kernel = this.#kernel;
    if (this.#transport === "control" && this.#comm && kernel?.sendControlMessage) {
      const header = {
        msg_id: unique(),
        session: kernel.clientId,
        username: kernel.username ?? "",
        date: new Date().toISOString(),
        msg_type: "comm_msg",
        version: "5.3",
      };
      const data = { method: "custom", content };
      const message = { header, parent_header: {}, metadata: {}, channel: "control", buffers };
      kernel.sendControlMessage({ ...message, content: { comm_id: this.#comm, data } }, false, true);
    } else {
      this.#model.send(content, undefined, buffers);
    }
  }

  /** Call back when the kernel is restarted, where the front end tells; gives the way to stop. */
  onRestart(callback: () => void): () => void {
    const signal = this.#kernel?.statusChanged;
    const slot = (_: unknown, status: string) => {
      if (status === "restarting" || status === "autorestarting") callback();
    };
    signal?.connect(slot);
    return () => signal?.disconnect(slot);
  }
}

/** Say something until it is answered; a page that nobody hears gives up. Gives the way to stop. */
export function repeat(say: () => void): () => void {
  const timer = setInterval(say, REPEAT);
  const stop = () => {
    clearInterval(timer);
    clearTimeout(end);
  };
  const end = setTimeout(stop, GIVE_UP);
  say();
  return stop;
}
