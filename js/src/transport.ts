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

export interface Link {
  /** Whether this page could use the control channel. */
  control(): boolean;
  /** Answer on the channel Python asks for from now on. */
  follow(message: FromPython): void;
  /** Send a command; what is secret or may hold a secret goes beside it, as its one buffer. */
  send(command: Command, secret?: Uint8Array<ArrayBuffer>): void;
  /** Call back when the kernel is restarted, where the front end tells; gives the way to stop. */
  onRestart(callback: () => void): () => void;
}

export function makeLink(model: AnyModel): Link {
  let transport: Transport = "shell";
  let comm = "";

  function kernel(): Kernel | null | undefined {
    return (model.widget_manager as { kernel?: Kernel | null } | undefined)?.kernel;
  }

  function control(): boolean {
    return typeof kernel()?.sendControlMessage === "function";
  }

  function follow(message: FromPython): void {
    transport = message.transport;
    comm = message.comm;
  }

  function send(command: Command, secret?: Uint8Array<ArrayBuffer>): void {
    const content = { ...command, id: unique() };
    const buffers = secret ? [secret.buffer] : [];
    const lab = kernel();
    if (transport === "control" && comm && lab?.sendControlMessage) {
      const header = {
        msg_id: unique(),
        session: lab.clientId,
        username: lab.username ?? "",
        date: new Date().toISOString(),
        msg_type: "comm_msg",
        version: "5.3",
      };
      const data = { method: "custom", content };
      const message = { header, parent_header: {}, metadata: {}, channel: "control", buffers };
      lab.sendControlMessage({ ...message, content: { comm_id: comm, data } }, false, true);
    } else {
      model.send(content, undefined, buffers);
    }
  }

  function onRestart(callback: () => void): () => void {
    const signal = kernel()?.statusChanged;
    const slot = (_: unknown, status: string) => {
      if (status === "restarting" || status === "autorestarting") callback();
    };
    signal?.connect(slot);
    return () => signal?.disconnect(slot);
  }

  return { control, follow, send, onRestart };
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
