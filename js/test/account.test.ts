/** The tabs of who is signed in: keys, the one that was just made, and sign-ins. */

import { beforeEach, describe, expect, it, vi } from "vitest";
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
        "Scripts",
        "Delete",
      ],
      [
        "5e6f7a8b",
        "nightly export expired unused for 30 days",
        "everything I may do",
        "not known",
        "expired",
        "40 d ago",
        "",
        "Delete",
      ],
      [
        "9c0d1e2f",
        "no note never expires",
        "read data, only of data tagged proposal-1234",
        "not known",
        "never",
        "never",
        "",
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
    page.click("Create and save");
    expect(page.commands()[0]?.content).toMatchObject({
      note: "beam01, scan 7, 2026-09-21, 9a0e",
      expires_in: "7d",
      scopes: ["read:metadata", "read:data"],
      access_tags: [],
    });
  });

  it("shows two permissions, and the rest with a word of care where it is asked for", () => {
    const page = opened("API keys", "signed in, no keys yet");
    const boxes = () =>
      page
        .all<HTMLInputElement>(".tiled-jupyter-form [type=checkbox]")
        .map(({ labels }) => labels?.[0]?.textContent);
    expect(boxes()).toEqual(["read metadata", "read data"]);
    expect(page.text()).not.toContain("Careful");
    page.click("More permissions");
    expect(boxes().slice(2)).toEqual([
      "change data",
      "revoke itself, and your other keys",
      "everything I may do",
    ]);
    expect(page.text()).toContain("Careful: whoever finds the key may do this too.");
    page.field("change data")?.click();
    page.click("More permissions (1)");
    expect(boxes()).toEqual(["read metadata", "read data"]);
    expect(page.buttons()).toContain("More permissions (1)");
  });

  it("lets everything stand alone, and without a limit", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.click("More permissions");
    page.type("Limit to tagged data", "one, two,");
    page.field("everything I may do")?.click();
    expect(page.field("read data")?.checked).toBe(false);
    expect(page.field("Limit to tagged data")?.disabled).toBe(true);
    page.click("Create and save");
    page.field("read data")?.click();
    expect(page.field("everything I may do")?.checked).toBe(false);
    page.click("Create and save");
    expect(page.commands().map(({ content }) => [content.scopes, content.access_tags])).toEqual([
      [["inherit"], []],
      [["read:data"], ["one", "two"]],
    ]);
  });

  it("makes no key that may do nothing", () => {
    const page = opened("API keys", "signed in, no keys yet");
    for (const name of ["read metadata", "read data"]) page.field(name)?.click();
    page.click("Create and save");
    expect(types(page)).toEqual([]);
    expect(page.text()).toContain("Tick at least one thing that the key may do.");
  });

  it("asks Python how long a key for a job has to work, and takes the answer to what is written now", () => {
    const page = opened("API keys", "signed in, no keys yet");
    const { proposal } = (state("signed in, expiry proposed") as SignedIn).account;
    page.click("Fit to a job");
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
    page.click("Fit to a job");
    page.type("The job runs for", "48 h");
    page.click("Create and save");
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
    page.click("Fit to a job");
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
    page.click("Create and save");
    expect(page.commands()[0]?.content.expires_in).toBe("never");
    const limited = opened("API keys", "signed in, keys limited by the site");
    const offered = () => [...select(limited).options].map(({ value }) => value);
    expect(offered()).toEqual(["1d", "7d", "30d"]);
    limited.click("Fit to a job");
    limited.type("The job runs for", "60 d");
    show(limited, "signed in, expiry cut short");
    expect(select(limited).value).toBe("7d");
    expect(limited.text()).toContain("keys may work for 30 days at most here");
  });

  it("keeps what was typed when the key was not made, and begins anew when it was", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.type("What is this key for?", "overnight fit");
    choose(page, "30d");
    page.click("Create and save");
    show(page, "signed in, no keys yet", { busy: true });
    page.click("Create and save");
    show(page, "signed in, key not made");
    expect(page.alert()).toContain("no time at all");
    expect([page.field("What is this key for?")?.value, select(page).value]).toEqual([
      "overnight fit",
      "30d",
    ]);
    expect(types(page)).toEqual(["create_key"]);
    page.button("Create and save")?.focus();
    page.show(state(MADE));
    expect(page.button("Create and save")).toBeUndefined();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("New API key");
    page.show(state("signed in, no keys yet"));
    expect(page.field("What is this key for?")?.value).toBe("beam01, scan 7, 2026-09-21, 9a0e");
    expect(select(page).value).toBe("7d");
  });

  it("gives way to a sentence where there can be no key", () => {
    const page = opened("API keys", "signed in, no more keys");
    expect(page.notes().join()).toContain("Delete one first");
    expect(page.button("Create and save")).toBeUndefined();
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
  const SAVED = "signed in, key made and saved";
  const told = (page: Page) => page.all('p[aria-live="polite"]').map(({ textContent }) => textContent);

  it("is saved, and its script is open, with nothing left to do but to be done", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.button("Create and save")?.focus();
    page.click("Create and save");
    expect(page.commands()[0]?.content).toMatchObject({ type: "create_key", keep_in: "file" });
    page.show(state(SAVED));
    const { file, snippets } = (state(SAVED) as SignedIn).account.scripts ?? {};
    expect(document.activeElement?.getAttribute("aria-label")).toBe("New API key");
    expect(page.text()).toContain(`Key aa00bb11… made and saved to ${file}`);
    expect(told(page)).toContain(`Key made and saved to ${file}`);
    expect(page.all("pre")[0]?.textContent).toBe(snippets?.[0]?.text);
    expect(page.buttons().slice(0, 5)).toEqual([
      "Save as job.sh",
      "Copy script",
      "Copy key",
      "Use here",
      "Done",
    ]);
    expect(page.all(".tiled-jupyter-primary").map(({ textContent }) => textContent)).toEqual(["Done"]);
    page.click("Done");
    expect(types(page)).toEqual(["create_key", "dismiss_key"]);
    show(page, SAVED, { made: null, scripts: null });
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Scripts for key aa00bb11");
    expect(page.button("Create and save")).toBeDefined();
  });

  it("stands on top of the list and is marked, without a second way to its scripts", () => {
    const page = opened("API keys", SAVED);
    expect(page.rows()[0]?.slice(0, 2)).toEqual(["aa00bb11", "beam01, scan 7, 2026-09-21, 9a0e new"]);
    expect(page.button("Scripts for key aa00bb11")).toBeUndefined();
  });

  it("can be kept in other ways where it could not be saved", () => {
    const page = opened("API keys", "signed in, key made, saving not possible");
    expect(page.alert()).toContain("its file could not be written (Permission denied)");
    expect(page.text()).toContain("it cannot be shown again");
    expect(page.buttons().slice(0, 4)).toEqual(["Save to file", "Copy key", "Use here", "Done"]);
    expect(page.all(".tiled-jupyter-primary").map(({ textContent }) => textContent)).toEqual([
      "Save to file",
    ]);
    for (const [name, kept] of [
      ["signed in, key made and copied", "It stays on the clipboard"],
      ["signed in, key made and used here", "sent to no other server"],
      [SAVED, "made and saved to /home/alice/"],
    ] as const) {
      page.show(state(name));
      expect(page.text()).toContain(kept);
      expect(told(page).join()).toContain(kept);
      expect(page.all(".tiled-jupyter-primary").map(({ textContent }) => textContent)).toEqual(["Done"]);
      page.click("Done");
    }
    expect(types(page)).toEqual(["dismiss_key", "dismiss_key", "dismiss_key"]);
  });

  it("is used in the kernel alone, and in its environment by a second act", () => {
    const page = opened("API keys", "signed in, no keys yet");
    page.click("Create and use here");
    expect(page.commands()[0]?.content).toMatchObject({ type: "create_key", keep_in: "kernel" });
    page.show(state("signed in, key made and used here"));
    expect(page.button("Use here")).toBeUndefined();
    page.click("Also set TILED_API_KEY");
    expect(page.commands()[1]?.content).toMatchObject({ type: "use_key_here", environment: true });
  });

  it("is not given up without a question where it would be lost", () => {
    const page = opened("API keys", MADE);
    page.click("Done");
    expect(page.text()).toContain("It is kept nowhere yet.");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Done with this key");
    page.click("Back");
    expect(document.activeElement).toBe(page.button("Done"));
    page.click("Done");
    page.all<HTMLButtonElement>('[aria-label="Done with this key"] button')[0]?.click();
    expect(types(page)).toEqual(["save_key"]);
    page.show(state(SAVED));
    expect(page.text()).not.toContain("It is kept nowhere yet.");
    page.click("Done");
    expect(types(page)).toEqual(["save_key", "dismiss_key"]);
  });

  it("is not copied where the site does not want that", () => {
    const { keys } = (state(MADE) as SignedIn).account;
    const page = opened("API keys", MADE);
    show(page, MADE, { keys: keys && { ...keys, allow_copy: false } });
    expect(page.button("Copy key")).toBeUndefined();
    show(page, MADE, { keys: keys && { ...keys, allow_copy: false }, made: null });
    expect(page.button("Create and copy")).toBeUndefined();
    expect(page.button("Create and save")).toBeDefined();
  });
});

describe("the scripts for a key", () => {
  const AGAIN = "signed in, scripts of a key";
  const { scripts } = (state(AGAIN) as SignedIn).account;
  const script = (page: Page) => page.all("pre")[0]?.textContent;
  const text = (kind: string) => scripts?.snippets.find((each) => each.kind === kind)?.text;

  beforeEach(() => localStorage.clear());

  it("are offered in its row, and come with the focus; Done gives it back to the row", () => {
    const page = opened("API keys", KEYS);
    expect(page.button("Scripts for key 5e6f7a8b")).toBeUndefined();
    page.button("Scripts for key 1a2b3c4d")?.focus();
    page.click("Scripts for key 1a2b3c4d");
    expect(page.commands()[0]?.content).toMatchObject({ type: "show_scripts", first_eight: "1a2b3c4d" });
    page.show(state(AGAIN));
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Scripts for key 1a2b3c4d");
    expect(page.text()).toContain(`Key 1a2b3c4d… (${scripts?.note}) is saved in ${scripts?.file}`);
    for (const name of ["Save to file", "Copy key", "Use here"]) expect(page.button(name)).toBeUndefined();
    page.button("Done")?.focus();
    page.click("Done");
    page.show(state(KEYS));
    expect(document.activeElement).toBe(page.button("Scripts for key 1a2b3c4d"));
    expect(types(page)).toEqual(["show_scripts", "dismiss_key"]);
  });

  it("do not take the focus of who has not asked for them", () => {
    const page = opened("API keys", KEYS);
    const mine = page.button("Delete key 1a2b3c4d");
    mine?.focus();
    page.show(state(AGAIN));
    expect(document.activeElement).toBe(mine);
  });

  it("begin with the kind that was looked at last in this browser", () => {
    const page = opened("API keys", AGAIN);
    expect(script(page)).toBe(text("shell"));
    choose(page, "slurm");
    expect(script(page)).toBe(text("slurm"));
    page.show(state(AGAIN));
    expect(script(page)).toBe(text("slurm"));
    expect(Object.entries(localStorage)).toEqual([["tiled-jupyter-kind-of-job", "slurm"]]);
    const another = opened("API keys", AGAIN);
    expect(script(another)).toBe(text("slurm"));
    localStorage.setItem("tiled-jupyter-kind-of-job", "of a version to come");
    expect(script(opened("API keys", AGAIN))).toBe(text("shell"));
  });

  it("are there where the page may store nothing", () => {
    vi.stubGlobal("localStorage", undefined);
    const page = opened("API keys", AGAIN);
    choose(page, "slurm");
    page.show(state(KEYS));
    page.show(state(AGAIN));
    expect(script(page)).toBe(text("slurm"));
    vi.unstubAllGlobals();
  });

  it("are saved under the name that fits, and a cell is not saved as a file", () => {
    const page = opened("API keys", AGAIN);
    page.click("Save as job.sh");
    expect(page.commands()[0]?.content).toMatchObject({ type: "save_script", kind: "shell", replace: false });
    page.show(state("signed in, script saved"));
    expect(page.text()).toContain("Copy script Saved as /home/alice/scans/job.sh");
    choose(page, "joblib");
    expect(page.button("Save as job.py")).toBeDefined();
    expect(page.text()).not.toContain("Saved as");
    choose(page, "dask");
    expect(page.buttons().filter((name) => name?.startsWith("Save as"))).toEqual([]);
  });

  it("replace another file only after a question", () => {
    const page = opened("API keys", AGAIN);
    page.click("Save as job.sh");
    page.show(state("signed in, script in the way"));
    expect(page.text()).toContain("/home/alice/scans/job.sh exists, and is another file. Replace it?");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Replace the file");
    page.click("Keep");
    expect(document.activeElement).toBe(page.button("Save as job.sh"));
    page.show(state("signed in, script in the way"));
    expect(page.text()).not.toContain("Replace it?");
    page.click("Save as job.sh");
    page.show(state(AGAIN));
    page.show(state("signed in, script in the way"));
    page.click("Replace");
    expect(page.commands().map(({ content }) => content.replace)).toEqual([false, false, true]);
    page.show(state("signed in, script saved"));
    expect(page.text()).toContain("Saved as /home/alice/scans/job.sh");
  });

  it("ask nothing in a panel where nobody wanted to save one", () => {
    const page = opened("API keys", AGAIN);
    page.show(state("signed in, script in the way"));
    expect(page.text()).not.toContain("Replace it?");
  });

  it("are copied as they are", async () => {
    const written: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => written.push(text) } });
    const page = opened("API keys", AGAIN);
    choose(page, "slurm");
    page.click("Copy script");
    await vi.waitFor(() => expect(page.text()).toContain("Copy script Copied"));
    expect(written).toEqual([text("slurm")]);
  });

  it("are left selected where the page has no clipboard", async () => {
    vi.stubGlobal("navigator", { platform: "Linux" });
    const page = opened("API keys", AGAIN);
    page.click("Copy script");
    await vi.waitFor(() => expect(page.text()).toContain("Press Ctrl+C"));
    expect(getSelection()?.toString()).toBe(script(page));
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

  it("copies a key as soon as it is made", async () => {
    clipboard(true);
    const page = opened("API keys", "signed in, no keys yet");
    answer(page, { content: { status: "ok" }, buffers: [new TextEncoder().encode(SECRET).buffer] });
    page.click("Create and copy");
    expect(page.commands()[0]?.content).toMatchObject({ type: "create_key", keep_in: "clipboard" });
    show(page, "signed in, no keys yet", { busy: true });
    expect(page.kernel.control).toEqual([]);
    page.show(state(MADE));
    await vi.waitFor(() => expect(types(page)).toEqual(["create_key", "key_copied"]));
    expect(copied).toEqual([SECRET]);
  });

  it("copies nothing where no key was made, and then another that was", async () => {
    clipboard(true);
    const page = opened("API keys", "signed in, no keys yet");
    answer(page, { content: { status: "ok" }, buffers: [new TextEncoder().encode(SECRET).buffer] });
    page.click("Create and copy");
    show(page, "signed in, no keys yet", { busy: true });
    page.show(state("signed in, key not made"));
    page.click("Create and copy");
    page.show(state(MADE));
    await vi.waitFor(() => expect(copied).toEqual([SECRET]));
    expect(types(page)).toEqual(["create_key", "create_key", "key_copied"]);
  });

  it("says that the browser refused before there was a key, and erases what comes then", async () => {
    clipboard(true);
    vi.spyOn(navigator.clipboard, "write").mockRejectedValue(new DOMException("no", "NotAllowedError"));
    const page = opened("API keys", "signed in, no keys yet");
    const bytes = reply();
    answer(page, { content: { status: "ok" }, buffers: [bytes.buffer] });
    page.click("Create and copy");
    await vi.waitFor(() => expect(navigator.clipboard.write).toHaveBeenCalled());
    page.show(state(MADE));
    await vi.waitFor(() => expect(page.alert()).toContain("The browser did not let the key be copied."));
    await vi.waitFor(() => expect(new Set(bytes)).toEqual(new Set([0])));
    expect(page.buttons().slice(0, 2)).toEqual(["Save to file", "Copy key"]);
  });

  it("waits no longer than a minute for a key to be made", async () => {
    clipboard(true);
    vi.useFakeTimers();
    const page = opened("API keys", "signed in, no keys yet");
    page.click("Create and copy");
    await vi.advanceTimersByTimeAsync(60_000);
    page.show(state(MADE));
    await vi.advanceTimersByTimeAsync(1000);
    expect([page.kernel.control, copied, page.alert()]).toEqual([[], [], undefined]);
  });

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
    ["clipboard", true, false, "only on pages with https"],
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
    expect(page.status().textContent).toBe("Revoked 1a2b3c4d. It no longer works.");
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
      "To get access, ask the people who run tiled.example.org.",
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
