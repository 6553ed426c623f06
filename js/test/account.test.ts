/** The tabs of who is signed in: keys, the one that was just made, and sign-ins. */

import { describe, expect, it, vi } from "vitest";
import type { Account, SignedIn, State } from "../src/wire";
import { open, type Reply, state, surroundings } from "./page";

const KEYS = "signed in, keys";
const MADE = "signed in, key made";
type Name = Parameters<typeof state>[0];
type Page = ReturnType<typeof open>;

/** A panel with a tab opened, and nothing sent yet. */
function opened(tab: string, name: Name): Page {
  const page = open();
  show(page, name);
  page.tab(tab);
  page.sent.length = 0;
  return page;
}

function show(page: Page, name: Name, change: Partial<Account> = {}): void {
  const shown = state(name) as SignedIn;
  page.show({ ...shown, account: { ...shown.account, ...change } } as State);
}

function types(page: Page): string[] {
  return page.commands().map(({ content }) => content.type);
}

function press(page: Page, key: string): void {
  const target = document.activeElement as HTMLElement;
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  expect(page.el.contains(target)).toBe(true);
}

function select(page: Page): HTMLSelectElement {
  return page.all<HTMLSelectElement>("select")[0] as HTMLSelectElement;
}

function choose(page: Page, value: string): void {
  select(page).value = value;
  select(page).dispatchEvent(new Event("change"));
}

describe("tabs", () => {
  const selected = (page: Page) =>
    page.all('[role="tab"][aria-selected="true"]').map((tab) => tab.textContent);

  it("show the account first, one section at a time, each labelled by its tab", () => {
    const page = open();
    page.show(state("signed in"));
    expect(selected(page)).toEqual(["Account"]);
    for (const name of ["API keys", "Sign-ins", "Account"]) {
      page.tab(name);
      const [panel, ...others] = page.all('[role="tabpanel"]');
      expect(others).toEqual([]);
      const tab = document.getElementById(panel?.getAttribute("aria-labelledby") ?? "");
      expect(tab?.textContent).toBe(name);
      expect(tab?.getAttribute("aria-controls")).toBe(panel?.id);
    }
  });

  it("are one stop for Tab, and arrows go around", () => {
    const page = open();
    page.show(state("signed in"));
    const heads = page.all('[role="tab"]');
    heads[0]?.focus();
    for (const [key, name] of [
      ["ArrowRight", "API keys"],
      ["End", "Sign-ins"],
      ["ArrowRight", "Account"],
      ["ArrowLeft", "Sign-ins"],
      ["Home", "Account"],
    ] as const) {
      press(page, key);
      expect([selected(page), document.activeElement?.textContent]).toEqual([[name], name]);
      expect(heads.filter(({ tabIndex }) => tabIndex === 0)).toEqual([document.activeElement]);
    }
  });

  it("read when they are opened, and again when they are opened again", () => {
    const page = open();
    page.show(state("signed in"));
    page.tab("API keys");
    expect(page.text()).toContain("Reading your keys …");
    page.tab("Sign-ins");
    page.tab("API keys");
    expect(types(page)).toEqual(["show_keys", "show_sign_ins", "show_keys"]);
  });

  it("stay as they are with every state, and are gone where an interrupted request goes on", () => {
    const page = opened("API keys", KEYS);
    show(page, KEYS, { busy: true });
    expect(selected(page)).toEqual(["API keys"]);
    page.show(state(KEYS), { resuming: true });
    expect(page.all('[role="tab"]')).toEqual([]);
  });

  it("offer to try again where reading has failed", () => {
    const page = opened("API keys", "signed in, keys not read");
    page.click("Try again");
    expect(types(page)).toEqual(["show_keys"]);
  });

  it("show a key that was made before the page was loaded", () => {
    const page = open();
    page.show(state(MADE));
    expect(selected(page)).toEqual(["API keys"]);
  });
});

describe("the list of keys", () => {
  const first = (page: Page) => page.rows().map(([name]) => name);

  it("says what each is for, until when, and what deserves a look", () => {
    const page = open();
    page.show(state(KEYS), { now: surroundings().now });
    page.tab("API keys");
    expect(page.rows()).toEqual([
      [
        "1a2b3c4d",
        "beam01, scan 7, 2026-09-20, 3f1c",
        "read metadata, read data",
        "1 d ago on beam01, scan 7",
        "in 2 d 1 h",
        "10 min ago",
        "Delete",
      ],
      [
        "5e6f7a8b",
        "nightly export expired unused for 30 days",
        "everything I may do",
        "not known",
        "expired",
        "40 d ago",
        "Delete",
      ],
      [
        "9c0d1e2f",
        "no note never expires",
        "read data, only of data tagged proposal-1234",
        "not known",
        "never",
        "never",
        "Delete",
      ],
    ]);
    expect(page.text()).toContain("3 of 100");
    expect(page.text()).toContain("Only some servers enforce this.");
  });

  it("is sorted by a click on a column's head, and the other way by another", () => {
    const page = opened("API keys", KEYS);
    const sorting = () =>
      page.all("th[aria-sort]").map((head) => [head.textContent, head.getAttribute("aria-sort")]);
    expect(sorting()).toEqual([]);
    page.click("Last used");
    expect(first(page)).toEqual(["9c0d1e2f", "5e6f7a8b", "1a2b3c4d"]);
    expect(sorting()).toEqual([["Last used", "ascending"]]);
    page.click("Last used");
    expect(first(page)).toEqual(["1a2b3c4d", "5e6f7a8b", "9c0d1e2f"]);
    expect(sorting()).toEqual([["Last used", "descending"]]);
    page.click("Stops working");
    expect(first(page)).toEqual(["5e6f7a8b", "1a2b3c4d", "9c0d1e2f"]);
    show(page, KEYS, { busy: true });
    expect(first(page)).toEqual(["5e6f7a8b", "1a2b3c4d", "9c0d1e2f"]);
  });

  it("asks before it deletes, in the row below, and Keep sends nothing", () => {
    const page = opened("API keys", KEYS);
    page.click("Delete key 5e6f7a8b");
    expect(page.text()).toContain("Delete key 5e6f7a8b? Whatever uses it stops working");
    expect(document.activeElement?.closest("tr")?.previousElementSibling?.textContent).toContain("5e6f7a8b");
    page.click("Keep");
    expect(document.activeElement).toBe(page.button("Delete key 5e6f7a8b"));
    page.click("Delete key 1a2b3c4d");
    page.click("Delete key 9c0d1e2f");
    page.click("Delete");
    expect(page.commands().map(({ content }) => content.first_eights)).toEqual([["9c0d1e2f"]]);
  });

  it("gives the focus to the next row after a deletion", () => {
    const page = opened("API keys", KEYS);
    const { keys } = (state(KEYS) as SignedIn).account;
    for (const [gone, next] of [
      ["1a2b3c4d", "5e6f7a8b"],
      ["9c0d1e2f", "5e6f7a8b"],
    ]) {
      page.click(`Delete key ${gone}`);
      page.click("Delete");
      show(page, KEYS, { busy: true, ...(keys && { keys }) });
      if (keys) keys.rows = keys.rows.filter(({ first_eight }) => first_eight !== gone);
      show(page, KEYS, keys ? { keys: structuredClone(keys) } : {});
      expect(document.activeElement).toBe(page.button(`Delete key ${next}`));
    }
    if (keys) keys.rows = [];
    page.click("Delete key 5e6f7a8b");
    page.click("Delete");
    show(page, KEYS, keys ? { keys } : {});
    expect(page.all('[role="tabpanel"]')[0]?.contains(document.activeElement)).toBe(true);
  });

  it("deletes several at once", () => {
    const page = opened("API keys", KEYS);
    expect(page.buttons()).not.toContain("Delete 0 keys");
    const boxes = page.all<HTMLInputElement>('[aria-label^="Choose key"]');
    boxes[0]?.click();
    boxes[1]?.click();
    page.click("Delete 2 keys");
    page.click("Delete");
    expect(page.commands().map(({ content }) => content.first_eights)).toEqual([["1a2b3c4d", "5e6f7a8b"]]);
  });

  it("says first that the key is the one this notebook is signed in with", () => {
    const page = opened("API keys", "signed in with a key, keys");
    const { keys } = (state("signed in with a key, keys") as SignedIn).account;
    const mine = keys?.rows.find(({ in_use }) => in_use)?.first_eight;
    expect(page.text()).toContain("in use here");
    page.click(`Delete key ${mine}`);
    expect(page.text()).toContain(`you are signed out here. Delete key ${mine}?`);
  });

  it("patches a hundred rows and keeps the elements", () => {
    const page = open();
    const { account } = state(KEYS) as SignedIn;
    const template = account.keys?.rows[0];
    if (!account.keys || !template) throw new Error("no example");
    const rows = Array.from({ length: 100 }, (_, i) => ({
      ...template,
      first_eight: String(i).padStart(8, "0"),
    }));
    const keys = { ...account.keys, rows };
    show(page, KEYS, { keys });
    page.tab("API keys");
    const before = page.all("tbody tr");
    show(page, KEYS, { keys: structuredClone(keys) });
    expect(before.length).toBe(100);
    expect(page.all("tbody tr")).toEqual(before);
  });
});

describe("the form for a key", () => {
  it("proposes to read, for seven days, with a note", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.click("Create API key");
    expect(page.commands()[0]?.content).toMatchObject({
      note: "beam01, scan 7, 2026-09-21, 9a0e",
      expires_in: "7d",
      scopes: ["read:metadata", "read:data"],
      access_tags: [],
    });
  });

  it("marks what deserves a second thought", () => {
    const page = opened("API keys", "signed in, no keys yet");
    const group = page.all('[role="group"]').find((each) => each.hasAttribute("aria-labelledby"));
    expect(page.fields().slice(-5)).toEqual([
      "read metadata",
      "read data",
      "change data careful",
      "revoke itself, and your other keys careful",
      "everything I may do careful",
    ]);
    expect(group?.textContent).toContain("This key may");
  });

  it("lets everything stand alone, and without a limit", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.click("More");
    page.type("Limit to tagged data", "one, two,");
    page.field("everything I may do careful")?.click();
    expect(page.field("read data")?.checked).toBe(false);
    expect(page.field("Limit to tagged data")?.disabled).toBe(true);
    page.click("Create API key");
    page.field("read data")?.click();
    expect(page.field("everything I may do careful")?.checked).toBe(false);
    page.click("Create API key");
    expect(page.commands().map(({ content }) => [content.scopes, content.access_tags])).toEqual([
      [["inherit"], []],
      [["read:data"], ["one", "two"]],
    ]);
  });

  it("makes no key that may do nothing", () => {
    const page = opened("API keys", "signed in, no keys yet");
    for (const name of ["read metadata", "read data"]) page.field(name)?.click();
    page.click("Create API key");
    expect(types(page)).toEqual([]);
    expect(page.text()).toContain("Tick at least one thing that the key may do.");
  });

  it("asks Python how long a key for a job has to work, and takes the answer to what is written now", () => {
    const page = opened("API keys", "signed in, no keys yet");
    const { proposal } = (state("signed in, expiry proposed") as SignedIn).account;
    page.type("The job runs for", "48 h");
    page.type("and may wait in the queue up to", "7 d");
    expect(page.commands().at(-1)?.content).toMatchObject({
      type: "propose_expiry",
      runs_for: "48 h",
      may_wait: "7 d",
    });
    show(page, "signed in, no keys yet", { proposal: proposal && { ...proposal, may_wait: "" } });
    expect(select(page).value).toBe("7d");
    show(page, "signed in, expiry proposed");
    expect(select(page).value).toBe("10d");
    expect(select(page).selectedOptions[0]?.textContent).toBe("10 days, for this job");
    choose(page, "30d");
    show(page, "signed in, expiry proposed", { busy: true });
    expect(select(page).value).toBe("30d");
  });

  it("lets Python decide where the answer has not come yet", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.type("The job runs for", "48 h");
    page.click("Create API key");
    expect(page.commands().at(-1)?.content).toMatchObject({
      type: "create_key",
      expires_in: "usual",
      runs_for: "48 h",
      may_wait: "",
    });
  });

  it("goes back to a week where there is no job any more", () => {
    const page = opened("API keys", "signed in, no keys yet");
    const answer = (runs_for: string, expires_in: string, sentence: string | null) =>
      show(page, "signed in, no keys yet", { proposal: { runs_for, may_wait: "", expires_in, sentence } });
    page.type("The job runs for", "2h");
    answer("2h", "3h", null);
    expect(select(page).value).toBe("3h");
    page.type("The job runs for", "2");
    answer("2", "", "Write a <b>unit</b>.");
    expect([select(page).value, page.text().includes("Write a <b>unit</b>.")]).toEqual(["7d", true]);
    page.type("The job runs for", "");
    answer("", "", null);
    expect([select(page).value, page.text().includes("unit")]).toEqual(["7d", false]);
  });

  it("warns of never, and offers no more than the site allows", () => {
    const page = opened("API keys", "signed in, no keys yet");
    choose(page, "never");
    expect(page.notes().join()).toContain("never stops working");
    page.click("Create API key");
    expect(page.commands()[0]?.content.expires_in).toBe("never");
    const limited = opened("API keys", "signed in, keys limited by the site");
    const offered = () => [...select(limited).options].map(({ value }) => value);
    expect(offered()).toEqual(["1d", "7d", "30d"]);
    limited.type("The job runs for", "60 d");
    show(limited, "signed in, expiry cut short");
    expect(select(limited).value).toBe("7d");
    expect(limited.text()).toContain("keys may work for 30 days at most here");
  });

  it("keeps what was typed when the key was not made, and begins anew when it was", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.type("What is this key for?", "overnight fit");
    choose(page, "30d");
    page.click("Create API key");
    show(page, "signed in, no keys yet", { busy: true });
    page.click("Create API key");
    show(page, "signed in, key not made");
    expect(page.alert()).toContain("no time at all");
    expect([page.field("What is this key for?")?.value, select(page).value]).toEqual([
      "overnight fit",
      "30d",
    ]);
    expect(types(page)).toEqual(["create_key"]);
    page.button("Create API key")?.focus();
    page.show(state(MADE));
    expect(page.button("Create API key")).toBeUndefined();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("New API key");
    page.show(state("signed in, no keys yet"));
    expect(page.field("What is this key for?")?.value).toBe("beam01, scan 7, 2026-09-21, 9a0e");
    expect(select(page).value).toBe("7d");
  });

  it("gives way to a sentence where there can be no key", () => {
    const page = opened("API keys", "signed in, no more keys");
    expect(page.notes().join()).toContain("Delete one first");
    expect(page.button("Create API key")).toBeUndefined();
    const none = opened("API keys", "signed in, keys unavailable");
    expect(none.buttons()).toEqual([]);
    expect(none.fields()).toEqual([]);
  });
});

describe("files of keys that work no longer", () => {
  it("are named, and removed in one click", () => {
    const page = opened("API keys", "signed in, files of keys that expired");
    expect(page.text()).toContain("tiled.example.org-5e6f7a8b.env");
    page.click("Remove these files");
    expect(types(page)).toEqual(["delete_stale_files"]);
    show(page, KEYS);
    expect(page.button("Remove these files")).toBeUndefined();
    expect(page.text()).not.toContain("no longer work");
  });
});

describe("the key that was just made", () => {
  it("is kept by a file first, by the clipboard last", () => {
    const page = opened("API keys", MADE);
    const names = ["Save to file", "Use in this kernel", "Copy key", "Dismiss"];
    expect(page.buttons().slice(0, 4)).toEqual(names);
    page.show(state("signed in, key made and saved"));
    for (const text of ["Saved to /home/alice/", "sent to no other server", "Copied."])
      expect(page.text()).toContain(text);
    page.click("Also set TILED_API_KEY");
    expect(page.commands().map(({ content }) => content.environment)).toEqual([true]);
  });

  it("comes with scripts for jobs once it is saved, to be copied", async () => {
    const written: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => written.push(text) } });
    const page = opened("API keys", MADE);
    expect(page.button("How to use it in a job")).toBeUndefined();
    page.show(state("signed in, key made and saved"));
    const { snippets } = (state("signed in, key made and saved") as SignedIn).account.made ?? {};
    page.click("How to use it in a job");
    expect(page.button("How to use it in a job")?.getAttribute("aria-expanded")).toBe("true");
    const script = () => page.all("pre")[0]?.textContent;
    expect(script()).toBe(snippets?.[0]?.text);
    choose(page, "Slurm (sbatch)");
    page.show(state("signed in, key made and saved"));
    expect(script()).toBe(snippets?.[1]?.text);
    page.click("Copy script");
    await vi.waitFor(() => expect(page.text()).toContain("Copy script Copied"));
    expect(written).toEqual([snippets?.[1]?.text]);
    page.show(state(MADE));
    expect(page.button("How to use it in a job")).toBeUndefined();
  });

  it("leaves a script selected where the page has no clipboard", async () => {
    vi.stubGlobal("navigator", { platform: "Linux" });
    const page = opened("API keys", "signed in, key made and saved");
    page.click("How to use it in a job");
    page.click("Copy script");
    await vi.waitFor(() => expect(page.text()).toContain("Press Ctrl+C"));
    expect(getSelection()?.toString()).toBe(page.all("pre")[0]?.textContent);
  });

  it("is not dismissed without a question where it would be lost", () => {
    const page = opened("API keys", MADE);
    page.click("Dismiss");
    expect(page.text()).toContain("This key cannot be shown again.");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Dismiss this key");
    page.click("Back");
    expect(document.activeElement).toBe(page.button("Dismiss"));
    page.click("Dismiss");
    page.all<HTMLButtonElement>('[aria-label="Dismiss this key"] button')[0]?.click();
    expect(types(page)).toEqual(["save_key"]);
    page.show(state("signed in, key made and saved"));
    expect(page.text()).not.toContain("This key cannot be shown again.");
    page.click("Dismiss");
    expect(types(page)).toEqual(["save_key", "dismiss_key"]);
  });

  it("is not copied where the site does not want that", () => {
    const page = opened("API keys", MADE);
    const { keys } = (state(MADE) as SignedIn).account;
    show(page, MADE, { keys: keys && { ...keys, allow_copy: false } });
    expect(page.button("Copy key")).toBeUndefined();
  });
});

describe("Copy key", () => {
  const SECRET = "c0ffee".repeat(12);
  const copied: string[] = [];

  function clipboard(withItems: boolean): void {
    copied.length = 0;
    class Item {
      constructor(readonly parts: Record<string, Promise<Blob>>) {}
    }
    vi.stubGlobal("ClipboardItem", withItems ? Item : undefined);
    vi.stubGlobal("navigator", {
      clipboard: {
        write: async (items: Item[]) => {
          for (const { parts } of items) copied.push(await ((await parts["text/plain"]) as Blob).text());
        },
        writeText: async (text: string) => copied.push(text),
      },
    });
  }

  function answer(page: Page, reply: Reply): void {
    page.kernel.reply = async () => reply;
  }

  const reply = () => new TextEncoder().encode(`--${SECRET}--`);

  it.each([true, false])(
    "passes the secret on and keeps it nowhere (clipboard items: %s)",
    async (withItems) => {
      clipboard(withItems);
      const logs = ["log", "warn", "error"].map((name) => vi.spyOn(console, name as "log"));
      const page = opened("API keys", MADE);
      const bytes = reply();
      // As JupyterLab gives it: a view into the message.
      answer(page, { content: { status: "ok" }, buffers: [new DataView(bytes.buffer, 2, SECRET.length)] });
      page.click("Copy key");
      await vi.waitFor(() => expect(types(page)).toEqual(["key_copied"]));
      expect(copied).toEqual([SECRET]);
      expect(page.kernel.control[0]).toMatchObject({
        channel: "control",
        parent_header: {},
        buffers: [],
        header: { msg_type: "tiled_jupyter_key_request", session: "client" },
        content: { comm_id: surroundings().comm, first_eight: "aa00bb11" },
      });
      expect(new TextDecoder().decode(bytes)).toBe(`--${"\0".repeat(SECRET.length)}--`);
      expect(document.documentElement.outerHTML).not.toContain(SECRET);
      expect(JSON.stringify([page.sent, page.kernel.control])).not.toContain(SECRET);
      for (const log of logs) expect(log).not.toHaveBeenCalled();
    },
  );

  it("says what Python says where there is no such key", async () => {
    clipboard(true);
    const page = opened("API keys", MADE);
    answer(page, { content: { status: "error", sentence: "There is <b>no</b> such key." }, buffers: [] });
    page.click("Copy key");
    await vi.waitFor(() => expect(page.alert()).toBe("There is <b>no</b> such key."));
    expect(types(page)).toEqual([]);
  });

  it("gives up on a kernel that does not answer", async () => {
    clipboard(true);
    vi.useFakeTimers();
    const page = opened("API keys", MADE);
    page.click("Copy key");
    page.click("Copy key");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(page.alert()).toBe("The kernel did not answer. Save the key to a file instead.");
    expect(page.kernel.control.length).toBe(1);
  });

  it("says that the browser refused", async () => {
    clipboard(true);
    const page = opened("API keys", MADE);
    answer(page, { content: { status: "ok" }, buffers: [reply().buffer] });
    vi.spyOn(navigator.clipboard, "write").mockRejectedValue(new DOMException("no", "NotAllowedError"));
    page.click("Copy key");
    await vi.waitFor(() => expect(page.alert()).toContain("The browser did not let the key be copied."));
  });

  it.each([
    ["control channel", false, true, "cannot ask the kernel"],
    ["clipboard", true, false, "no clipboard"],
  ])("says why it cannot be without a %s", (_, lab, withClipboard, why) => {
    clipboard(true);
    if (!withClipboard) vi.stubGlobal("navigator", {});
    const page = open({ lab });
    page.show(state(MADE));
    const button = page.button("Copy key");
    expect(button?.getAttribute("aria-disabled")).toBe("true");
    const reason = document.getElementById(button?.getAttribute("aria-describedby") ?? "");
    expect(reason?.textContent).toContain(why);
    expect(reason?.textContent).toContain("Save the key to a file instead.");
    button?.click();
    expect(page.kernel.control).toEqual([]);
  });
});

describe("the list of sign-ins", () => {
  it("says where, since when and until when, and which one this is", () => {
    const page = open();
    page.show(state("signed in, sign-ins"), { now: surroundings().now });
    page.tab("Sign-ins");
    expect(page.rows()).toEqual([
      ["beam01, scan 7 this one", "1 h ago", "in 5 d 23 h", "End this sign-in"],
      ["hub, overnight fit", "4 d ago", "in 1 d 23 h", "End this sign-in"],
      ["somewhere else", "not known", "in 23 h", "End this sign-in"],
    ]);
    expect(page.text()).toContain("for some minutes: 15, unless the server is set otherwise");
  });

  it("ends one after a question, and the focus goes to the next", () => {
    const page = opened("Sign-ins", "signed in, sign-ins");
    const rows = (state("signed in, sign-ins") as SignedIn).account.sign_ins ?? [];
    page.all<HTMLButtonElement>(".tiled-jupyter-act button")[1]?.click();
    expect(page.text()).toContain("End the sign-in of hub, overnight fit?");
    page.click("End");
    expect(page.commands()[0]?.content.session).toBe(rows[1]?.id);
    show(page, "signed in, sign-ins", { sign_ins: rows.filter((_, i) => i !== 1) });
    const focused = document.activeElement;
    expect(focused?.textContent).toBe("End this sign-in");
    expect(focused?.closest("tr")?.textContent).toContain("somewhere else");
  });

  it("says that ending this one is signing out", () => {
    const page = opened("Sign-ins", "signed in, sign-ins");
    page.click("End this sign-in");
    expect(page.text()).toContain("you are signed out of this notebook and of what else uses it");
    page.click("Keep");
    expect(types(page)).toEqual([]);
  });

  it("offers to end all others only where there are any", () => {
    const page = opened("Sign-ins", "signed in, sign-ins");
    expect(page.buttons()).toContain("End all others");
    const [own] = (state("signed in, sign-ins") as SignedIn).account.sign_ins ?? [];
    show(page, "signed in, sign-ins", { sign_ins: own ? [own] : [] });
    expect(page.buttons()).not.toContain("End all others");
    show(page, "signed in, no sign-ins listed");
    expect(page.text()).toContain("This server does not list where you are signed in.");
  });
});

describe("a key of one's own in a cell", () => {
  const HERE = "key in a cell";

  it("is revoked in two clicks, and what came of it is said", () => {
    const page = open({ inactive: false });
    expect(page.text()).toBe("");
    page.show(state(HERE));
    expect(page.region().getAttribute("aria-label")).toBe("API key 1a2b3c4d in a cell");
    expect(page.status().textContent).toBe("The key 1a2b3c4d… is yours");
    expect(page.text()).toContain("on tiled.example.org");
    page.click("Revoke this key now");
    expect(page.text()).toContain("it cannot be undone");
    page.click("Keep");
    expect(types(page)).toEqual([]);
    page.click("Revoke this key now");
    page.click("Revoke");
    expect(page.commands().map(({ content }) => content.first_eights)).toEqual([["1a2b3c4d"]]);
    page.show(state("key in a cell, being revoked"));
    page.click("Revoke this key now");
    expect(page.button("Revoke")).toBeUndefined();
    page.button("Revoke this key now")?.focus();
    page.show(state("key in a cell, revoked"));
    expect(page.status().textContent).toBe("Revoked 1a2b3c4d. It works no longer.");
    expect(page.buttons()).toEqual([]);
    expect(document.activeElement).toBe(page.status());
  });

  it("can be tried again where that failed", () => {
    const page = open({ inactive: false });
    page.show(state("key in a cell, not revoked"));
    expect(page.alert()).toContain("There is no such key");
    expect(page.button("Revoke this key now")?.getAttribute("aria-disabled")).toBe("false");
  });

  it("leaves nothing of it where its kernel is gone", () => {
    const page = open({ inactive: false });
    page.show(state(HERE));
    page.kernel.become("restarting");
    expect(page.text()).toBe("");
  });
});

describe("why something cannot be seen", () => {
  const WHY = "Why can I not see my data?";

  it("is asked once a click, and answered in sentences that are announced", () => {
    const page = open();
    page.show(state("signed in"));
    page.click(WHY);
    expect(page.commands().map(({ content }) => content.type)).toEqual(["explain_access"]);
    page.show(state("signed in, and still no data"), { help_url: "https://help.example.org/" });
    const answer = page.all(".tiled-jupyter-answer")[0];
    expect([...(answer?.children ?? [])].map(({ textContent }) => textContent)).toEqual([
      "Signed in as bob (pam) on tiled.example.org.",
      "Your account may read metadata and data.",
      "To get access, ask who runs tiled.example.org.",
    ]);
    expect(answer?.getAttribute("aria-live")).toBe("polite");
    expect(page.all<HTMLAnchorElement>("a")[0]?.href).toBe("https://help.example.org/");
    const first = answer?.firstElementChild;
    page.show(state("signed in, and still no data"));
    expect(answer?.firstElementChild).toBe(first);
    page.show(state("signed in"));
    expect(answer?.children.length).toBe(0);
  });
});
