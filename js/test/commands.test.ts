/** What the page sends, when, and over which channel. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FromPython } from "../src/wire";
import { messages, open, type Sent, state } from "./page";

const ADDRESS = "Tiled server (address or saved name)";
const PING = messages.to_page[1] as FromPython;
const ask = { ...messages.to_page[0] } as Extract<FromPython, { type: "state" }>;

function textOf(buffer: ArrayBuffer | undefined): string {
  return new TextDecoder().decode(buffer);
}

function signIn(page: ReturnType<typeof open>, password = "s3cret-Ünïcode"): void {
  page.type("User name", "alice");
  page.type("Password", password);
  page.field("User name")?.form?.requestSubmit();
}

function showKeys(page: ReturnType<typeof open>, name: Parameters<typeof state>[0]): void {
  page.show(state(name));
  page.tab("API keys");
}

/** One interaction for each message the page can send. */
const INTERACTIONS: Record<string, (page: ReturnType<typeof open>) => void> = {
  alive: () => undefined,
  ready: () => undefined,
  pong: (page) => page.hear(PING),
  connect: (page) => {
    page.show(state("disconnected"));
    page.type(ADDRESS, "tiled.example.org");
    page.click("Connect");
  },
  sign_in: (page) => {
    page.show(state("signed out"));
    signIn(page);
  },
  begin: (page) => {
    page.show(state("signed out, web page"));
    page.click("Sign in");
  },
  use_key: (page) => {
    page.show(state("signed out, no way in"));
    page.type("API key", "k3y");
    page.click("Sign in");
  },
  accept_key: (page) => {
    page.show(state("signed out, key of another server"));
    page.click("Use this key");
  },
  set_key_aside: (page) => {
    page.show(state("signed out, key in the way"));
    page.click("Set the key aside");
  },
  sign_out: (page) => {
    page.show(state("signed in"));
    page.click("Sign out");
    page.click("Only this notebook");
  },
  change_server: (page) => {
    page.show(state("signed out"));
    page.click("Use another server");
  },
  show_keys: (page) => {
    page.show(state("signed in"));
    page.tab("API keys");
  },
  propose_expiry: (page) => {
    showKeys(page, "signed in, no keys yet");
    page.click("Fit to a job");
    page.type("The job runs for", "48 h");
  },
  create_key: (page) => {
    showKeys(page, "signed in, no keys yet");
    page.click("More permissions");
    page.type("Limit to tagged data", "proposal-1234");
    page.click("Create and save");
  },
  show_scripts: (page) => {
    showKeys(page, "signed in, keys");
    page.click("Scripts for key 1a2b3c4d");
  },
  save_script: (page) => {
    showKeys(page, "signed in, scripts of a key");
    page.click("Save as job.sh");
  },
  save_key: (page) => {
    page.show(state("signed in, key made"));
    page.click("Save to file");
  },
  use_key_here: (page) => {
    page.show(state("signed in, key made"));
    page.click("Use here");
  },
  key_copied: (page) => {
    vi.stubGlobal("navigator", { clipboard: { write: async () => undefined } });
    vi.stubGlobal("ClipboardItem", class {});
    page.show(state("signed in, key made"));
    page.kernel.reply = async () => ({ content: { status: "ok" }, buffers: [new ArrayBuffer(8)] });
    page.click("Copy key");
  },
  dismiss_key: (page) => {
    page.show(state("signed in, key made and saved"));
    page.click("Done");
  },
  delete_made_key: (page) => {
    page.show(state("signed in, key made"));
    page.click("Done");
    page.click("Delete the key");
  },
  delete_keys: (page) => {
    showKeys(page, "signed in, keys");
    page.click("Delete key 1a2b3c4d");
    page.click("Delete");
  },
  delete_stale_files: (page) => {
    showKeys(page, "signed in, files of keys that expired");
    page.click("Remove these files");
  },
  explain_access: (page) => {
    page.show(state("signed in"));
    page.click("Why can I not see my data?");
  },
  show_sign_ins: (page) => {
    page.show(state("signed in"));
    page.tab("Sign-ins");
  },
  end_sign_in: (page) => {
    page.show(state("signed in, sign-ins"));
    page.tab("Sign-ins");
    page.click("End this sign-in");
    page.click("End");
  },
  end_other_sign_ins: (page) => {
    page.show(state("signed in, sign-ins"));
    page.tab("Sign-ins");
    page.click("End all others");
    page.click("End all");
  },
  cancel: (page) => {
    page.show(state("verifying"));
    page.click("Cancel");
  },
};

describe.each(messages.to_python)("message $type", (example) => {
  it("is sent, with exactly the keys and types of the contract", async () => {
    const page = open();
    INTERACTIONS[example.type]?.(page);
    const find = () => page.sent.find(({ content }) => content.type === example.type);
    await vi.waitFor(() => expect(find()).toBeDefined());
    const found = find();
    expect(shapeOf(found?.content)).toEqual(shapeOf(example));
    const buffers = ["connect", "sign_in", "use_key"].includes(example.type) ? 1 : 0;
    expect(found?.buffers.length).toBe(buffers);
  });
});

function shapeOf(message: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(message ?? {}).map(([key, value]) => [key, typeof value]));
}

it("gives every message its own id", () => {
  const page = open();
  for (let i = 0; i < 20; i++) page.hear(PING);
  const ids = page.sent.map(({ content }) => content.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBeGreaterThan(20);
});

describe("the password", () => {
  it("is one binary buffer, nowhere else, and leaves the field at once", () => {
    const log = ["log", "info", "warn", "error", "debug"].map((name) =>
      vi.spyOn(console, name as "log").mockImplementation(() => undefined),
    );
    const page = open();
    page.show(state("signed out"));
    signIn(page);
    const [sent, ...more] = page.commands() as [Sent, ...Sent[]];
    expect(more).toEqual([]);
    expect(sent.buffers.map(textOf)).toEqual(["s3cret-Ünïcode"]);
    expect(sent.content).toMatchObject({ provider: "pam", username: "alice", remember: true });
    expect(JSON.stringify(page.sent.map(({ content }) => content))).not.toContain("s3cret");
    expect(page.field("Password")?.value).toBe("");
    expect(page.el.outerHTML).not.toContain("s3cret");
    for (const spy of log) expect(spy).not.toHaveBeenCalled();
  });

  it("is sent once, however often Enter is pressed", () => {
    const page = open();
    page.show(state("signed out"));
    signIn(page);
    page.show(state("verifying"));
    page.field("User name")?.form?.requestSubmit();
    page.click("Sign in");
    expect(page.commands().length).toBe(1);
  });

  it("typed for one server does not go to the next", () => {
    const page = open();
    const shown = state("signed out");
    page.show(shown);
    page.type("Password", "s3cret");
    page.show(state("signed out, public, never used"));
    expect(page.heading()).toBe("Sign in to localhost:8000");
    expect(page.field("Password")?.value).toBe("");
  });

  it("does not survive the form", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("Password", "s3cret");
    page.show(state("signed in"));
    page.show(state("signed out, after signing out"));
    expect(page.field("Password")?.value).toBe("");
  });

  it("is not asked for, nor sent, where the server is refused", () => {
    const page = open();
    page.show(state("signed out"));
    const form = page.el.querySelector("form");
    page.type("User name", "alice");
    page.type("Password", "s3cret");
    page.show(state("signed out, password not sent"));
    form?.requestSubmit();
    form?.dispatchEvent(new Event("submit", { cancelable: true }));
    expect(page.commands()).toEqual([]);
  });
});

describe("keep me signed in", () => {
  it.each([
    ["ask", true, true],
    ["ask", false, false],
    ["always", true, true],
    ["never", true, false],
  ] as const)("with setting %s and the box at %s sends %s", (remember, ticked, sent) => {
    const page = open();
    page.show(state("signed out"));
    const keep = page.field("Keep me signed in");
    if (!ticked) keep?.click();
    page.show(state("signed out"), { remember });
    signIn(page);
    expect(page.commands()[0]?.content.remember).toBe(sent);
  });
});

describe("buttons", () => {
  it("connect sends the address as a buffer, because people paste keys in addresses", () => {
    const page = open();
    page.show(state("disconnected"));
    page.type(ADDRESS, " http://localhost:8000?api_key=s3cret ");
    page.field(ADDRESS)?.form?.requestSubmit();
    const [sent] = page.commands();
    expect(sent?.buffers.map(textOf)).toEqual(["http://localhost:8000?api_key=s3cret"]);
    expect(JSON.stringify(sent?.content)).not.toContain("s3cret");
    page.show({ kind: "connecting", attempt: 1, address: "http://localhost:8000", since: 0, trouble: null });
    expect(page.field(ADDRESS)?.value).toBe("http://localhost:8000");
    page.show(state("disconnected, unreachable"));
    expect(page.field(ADDRESS)?.value).toBe("https://tiled.exmaple.org");
  });

  it("cancel in every state that has it", () => {
    const page = open();
    const names = [
      "disconnected",
      "connecting",
      "signed out",
      "verifying",
      "awaiting authorization",
    ] as const;
    for (const name of names) {
      page.show(state(name), { waiting: true });
      page.click("Cancel");
    }
    expect(page.commands().map(({ content }) => content.type)).toEqual(Array(5).fill("cancel"));
  });

  it("sign out here, and everywhere, once", () => {
    const page = open();
    for (const name of ["Only this notebook", "Everywhere on this account"]) {
      page.show(state("signed in"));
      page.click("Sign out");
      page.click(name);
      page.click(name);
      page.click("Cancel");
      page.show(state("signed out"));
    }
    expect(page.commands().map(({ content }) => content.everywhere)).toEqual([false, true]);
  });
});

describe("transport", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("is the shell until Python asks for control, and again when it asks for the shell", () => {
    const page = open();
    page.hear({ ...ask, transport: "shell" });
    page.click("Cancel");
    page.hear({ ...ask, transport: "control" });
    page.click("Cancel");
    page.hear({ type: "ping", transport: "shell", comm: ask.comm });
    page.click("Cancel");
    expect(page.commands().map(({ channel }) => channel)).toEqual(["shell", "control", "shell"]);
  });

  it("sends a well-formed comm message with its buffer on the control channel", () => {
    const page = open();
    page.hear({ ...ask, transport: "control" });
    signIn(page);
    const [message] = page.kernel.control;
    expect(message).toMatchObject({
      channel: "control",
      parent_header: {},
      metadata: {},
      header: { msg_type: "comm_msg", session: "client", username: "", version: "5.3" },
      content: { comm_id: ask.comm, data: { method: "custom", content: { type: "sign_in" } } },
    });
    expect(message?.buffers[0]).toBeInstanceOf(ArrayBuffer);
    expect(message?.buffers.map(textOf)).toEqual(["s3cret-Ünïcode"]);
    expect(page.commands().length).toBe(1);
  });

  it("stays on the shell where there is no control channel, or no comm to name", () => {
    const elsewhere = open({ lab: false });
    elsewhere.hear({ ...ask, transport: "control" });
    elsewhere.click("Cancel");
    const nameless = open();
    nameless.hear({ ...ask, transport: "control", comm: "" });
    nameless.click("Cancel");
    for (const page of [elsewhere, nameless])
      expect(page.commands().map(({ channel }) => channel)).toEqual(["shell"]);
  });

  it("tells Python whether it could use control", () => {
    expect(open().sent.map(({ content }) => content.control)).toEqual([true, true]);
    expect(open({ lab: false }).sent.map(({ content }) => content.control)).toEqual([false, false]);
  });
});

describe("handshake", () => {
  const count = (page: ReturnType<typeof open>, type: string) =>
    page.sent.filter(({ content }) => content.type === type).length;

  beforeEach(() => {
    vi.useFakeTimers();
  });

  it("repeats alive until Python is heard, and ready until the state is there", () => {
    const page = open();
    vi.advanceTimersByTime(1000);
    expect([count(page, "alive"), count(page, "ready")]).toEqual([5, 5]);
    page.hear(PING);
    vi.advanceTimersByTime(1000);
    expect([count(page, "alive"), count(page, "ready")]).toEqual([5, 9]);
    page.show(state("signed out"));
    vi.advanceTimersByTime(60_000);
    expect([count(page, "alive"), count(page, "ready")]).toEqual([5, 9]);
  });

  it("gives up when nobody answers", () => {
    const page = open();
    vi.advanceTimersByTime(15_000);
    const said = page.sent.length;
    vi.advanceTimersByTime(60_000);
    expect(page.sent.length).toBe(said);
    expect(said).toBeLessThanOrEqual(2 * 61);
  });

  it("answers every ping in the message handler", () => {
    const page = open();
    page.hear(PING);
    page.hear(PING);
    expect(count(page, "pong")).toBe(2);
    expect(page.sent.at(-1)?.channel).toBe("control");
  });

  it("says nothing unasked once somebody is signed in", () => {
    const page = open();
    page.show(state("signed in"));
    const said = page.sent.length;
    vi.advanceTimersByTime(3_600_000);
    expect(page.sent.length).toBe(said);
  });

  it("begins again with each new view, and ends with it", () => {
    const page = open();
    page.show(state("signed out"));
    const before = count(page, "ready");
    const second = page.view();
    expect(count(page, "ready")).toBe(before + 1);
    second.close();
    vi.advanceTimersByTime(10_000);
    expect(count(page, "ready")).toBe(before + 1);
  });

  it("leaves no timer and no listener behind", () => {
    const page = open();
    page.show(state("verifying"));
    page.view();
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    const bare = open();
    for (const each of [page, bare]) each.stop();
    expect([page.listeners.size, page.kernel.listeners]).toEqual([0, 0]);
  });
});

describe("what the kernel does not hear", () => {
  const DEAF = "The cell does not hear what you press here.";
  const STOP = `${DEAF} Press stop, then sign in here, and run the cell again.`;
  const around = { waiting: true, transport: "control", only_control: true } as const;

  it.each([
    ["disconnected", STOP],
    ["signed out", STOP],
    ["awaiting authorization", `${DEAF} Approve on the web page, or press stop.`],
  ] as const)("says what to do instead where the page lacks the channel: %s", (name, words) => {
    const page = open({ lab: false });
    page.show(state(name), around);
    expect(page.text()).toContain(words);
    page.show(state(name), { ...around, only_control: false });
    expect(page.text()).not.toContain(DEAF);
    page.show(state(name), around);
    page.show(state("signed in"), { ...around, waiting: false });
    expect(page.text()).not.toContain(DEAF);
  });

  it("is no matter where the page has the channel", () => {
    const page = open();
    page.show(state("signed out"), around);
    expect(page.text()).not.toContain(DEAF);
  });

  it.each([
    "connect",
    "sign_in",
    "begin",
    "use_key",
    "accept_key",
    "set_key_aside",
    "sign_out",
    "change_server",
    "cancel",
  ])("is said after seconds, until an answer comes: %s", (type) => {
    vi.useFakeTimers();
    const page = open();
    INTERACTIONS[type]?.(page);
    page.hear(PING);
    expect(page.commands().map(({ content }) => content.type)).toEqual([type]);
    vi.advanceTimersByTime(4900);
    expect(page.text()).not.toContain("has not answered");
    vi.advanceTimersByTime(200);
    expect(page.text()).toContain("The kernel has not answered.");
    page.show(state("verifying"));
    expect(page.text()).not.toContain("has not answered");
  });

  it("is not said of what was answered", () => {
    vi.useFakeTimers();
    const page = open();
    page.show(state("signed out"));
    signIn(page);
    page.show(state("verifying"));
    vi.advanceTimersByTime(7000);
    expect(page.text()).not.toContain("has not answered");
  });

  it("leaves what is typed meanwhile", () => {
    vi.useFakeTimers();
    const page = open();
    page.show(state("signed out"));
    signIn(page);
    page.type("User name", "bob");
    vi.advanceTimersByTime(5100);
    expect(page.text()).toContain("has not answered");
    expect(page.field("User name")?.value).toBe("bob");
  });
});
