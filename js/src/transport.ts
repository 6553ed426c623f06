/**
 * How the page talks to Python: every command once, over one channel.
 *
 * While a cell runs, the shell channel may be deaf; JupyterLab lets a page use the control channel, and
 * Python says when it wants that. Nothing here knows what a login is, and nothing here logs.
 */

import type { AnyModel } from "@anywidget/types";
import { unique } from "./parts/dom";
import type { Command, FromPython, Transport } from "./wire";

/** What we use of JupyterLab's kernel connection; other front ends have none of it. */
interface Kernel {
  clientId: string;
  username?: string;
  sendControlMessage?: (message: object, expectReply: boolean, disposeOnDone: boolean) => Future;
  statusChanged?: Signal<string>;
  disposed?: Signal<unknown>;
}

interface Future {
  done: Promise<{ content: { status: string; sentence?: string }; buffers?: (ArrayBuffer | DataView)[] }>;
}

interface Signal<Value> {
  connect(slot: (sender: unknown, value: Value) => void): unknown;
  disconnect(slot: (sender: unknown, value: Value) => void): unknown;
}

const REPEAT = 250;
const GIVE_UP = 15_000;
const PATIENCE = 10_000;
const NO_ANSWER = "The kernel did not answer. Save the key to a file instead.";

export interface Link {
  /** Whether this page could use the control channel. */
  control(): boolean;
  /** Answer on the channel Python asks for from now on. */
  follow(message: FromPython): void;
  /** Send a command; what is secret or may hold a secret goes beside it, as its one buffer. */
  send(command: Command, secret?: Uint8Array<ArrayBuffer>): void;
  /** Ask for a key that was just made. The answer is for this page alone: no other client gets it, no log has it. */
  askForKey(first_eight: string): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Call back when nobody hears this page any more: the kernel is restarted, the notebook is closed or has another
   * kernel. Where the front end tells; gives the way to stop.
   */
  onEnd(callback: () => void): () => void;
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
      const data = { method: "custom", content };
      lab.sendControlMessage(envelope(lab, "comm_msg", { comm_id: comm, data }, buffers), false, true);
    } else {
      model.send(content, undefined, buffers);
    }
  }

  async function askForKey(first_eight: string): Promise<Uint8Array<ArrayBuffer>> {
    const lab = kernel();
    if (!lab?.sendControlMessage) throw new Error(NO_ANSWER);
    const request = envelope(lab, "tiled_jupyter_key_request", { comm_id: comm, first_eight }, []);
    const reply = await withPatience(lab.sendControlMessage(request, true, true).done);
    const key = reply.buffers?.[0];
    if (reply.content.status !== "ok" || !key) throw new Error(reply.content.sentence ?? NO_ANSWER);
    const view = ArrayBuffer.isView(key) ? key : new DataView(key);
    return new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  }

  function onEnd(callback: () => void): () => void {
    const { statusChanged, disposed } = kernel() ?? {};
    const heard = (_: unknown, status: string) => {
      if (status === "restarting" || status === "autorestarting") callback();
    };
    statusChanged?.connect(heard);
    disposed?.connect(callback);
    return () => {
      statusChanged?.disconnect(heard);
      disposed?.disconnect(callback);
    };
  }

  return { control, follow, send, askForKey, onEnd };
}

function envelope(lab: Kernel, msg_type: string, content: object, buffers: ArrayBuffer[]): object {
  const header = {
    msg_id: unique(),
    session: lab.clientId,
    username: lab.username ?? "",
    date: new Date().toISOString(),
    msg_type,
    version: "5.3",
  };
  return { header, parent_header: {}, metadata: {}, channel: "control", content, buffers };
}

/** A kernel that does not know a request never replies. */
function withPatience<Answer>(answer: Promise<Answer>): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(NO_ANSWER)), PATIENCE);
  });
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer));
}

/** Send something until it is answered; a page that nobody hears gives up. Returns what stops it. */
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
