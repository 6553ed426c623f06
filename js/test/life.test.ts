/** What a person has in hand survives: typing, focus, drafts; and what runs by itself stops. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { State } from "../src/wire";
import { open, state } from "./page";

const ADDRESS = "Tiled server (address or saved name)";

describe("a state of the same kind", () => {
  it("leaves typing, selection and focus alone", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("User name", "alice");
    page.type("Password", "half a pass");
    const password = page.field("Password");
    password?.setSelectionRange(2, 5);
    const elements = page.all("*");
    page.show(state("signed out"), { waiting: true, now: 1790000009 });
    expect(page.field("Password")).toBe(password);
    expect([password?.value, password?.selectionStart, password?.selectionEnd]).toEqual([
      "half a pass",
      2,
      5,
    ]);
    expect(document.activeElement).toBe(password);
    for (const element of elements) expect(element.isConnected).toBe(true);
  });

  it("leaves a half typed address alone", () => {
    const page = open();
    page.show(state("disconnected"));
    page.type(ADDRESS, "https://til");
    page.show(state("disconnected, unreachable"));
    expect(page.field(ADDRESS)?.value).toBe("https://til");
  });

  it("patches the words", () => {
    const page = open();
    page.show(state("signed out"));
    page.show(state("signed out, wrong password often"));
    expect(page.alert()).toContain("may lock your facility account");
    page.show(state("signed out, public, never used"));
    expect(page.heading()).toBe("Sign in to localhost:8000");
    expect(page.alert()).toBeUndefined();
  });

  it("uses one status element for the whole life", () => {
    const page = open();
    const status = page.status();
    expect(status.isConnected).toBe(true);
    for (const name of ["disconnected", "connecting", "signed out", "verifying", "signed in"] as const) {
      page.show(state(name));
      expect(page.status()).toBe(status);
    }
  });
});

describe("a closed view", () => {
  it("leaves nothing in an element that JupyterLab keeps, least of all a password", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("Password", "half a pass");
    page.close();
    expect(page.el.childNodes.length).toBe(0);
  });
});

describe("the draft", () => {
  it("keeps name, address and choice when the form is made anew", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("User name", "alice");
    page.field("Keep me signed in")?.click();
    page.show(state("disconnected"));
    page.type(ADDRESS, "nsls2");
    page.show(state("signed out"));
    expect([page.field("User name")?.value, page.field("Keep me signed in")?.checked]).toEqual([
      "alice",
      false,
    ]);
    page.show(state("disconnected"));
    expect(page.field(ADDRESS)?.value).toBe("nsls2");
  });

  it("belongs to one model", () => {
    const [one, other] = [open(), open()];
    one.show(state("signed out"));
    one.type("User name", "alice");
    other.show(state("signed out"));
    expect(other.field("User name")?.value).toBe("");
  });
});

describe("signed in elsewhere", () => {
  it("takes nothing from under the hands of who types", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("Password", "half a passw");
    page.show(state("signed in, saved"));
    expect(page.field("Password")?.value).toBe("half a passw");
    expect(page.status().textContent).toBe("No longer needed: signed in elsewhere.");
    page.field("Password")?.blur();
    expect(page.status().textContent).toBe("Signed in as alice");
    expect(page.fields()).toEqual([]);
  });

  it("takes no half pasted key either", () => {
    const page = open();
    page.show(state("signed out"));
    page.click("Use an API key");
    page.type("API key", "half a k");
    page.show(state("signed in, saved"));
    expect(page.field("API key")?.value).toBe("half a k");
    expect(page.status().textContent).toBe("No longer needed: signed in elsewhere.");
  });

  it("does not wait for a radio or a name that is given", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    page.field("staff")?.focus();
    page.show(state("signed in, saved"));
    expect(page.status().textContent).toBe("Signed in as alice");
    page.show(state("signed out, session ended"));
    page.field("User name")?.focus();
    page.show(state("signed in, saved"));
    expect(page.status().textContent).toBe("Signed in as alice");
  });

  it("sends nothing when the form is sent all the same", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("User name", "alice");
    page.type("Password", "a password");
    page.show(state("signed in, saved"));
    page.all<HTMLFormElement>("form")[0]?.requestSubmit();
    expect(page.commands()).toEqual([]);
    expect(page.status().textContent).toBe("Signed in as alice");
  });

  it("shows it at once where nobody types", () => {
    const page = open();
    page.show(state("signed out"));
    page.field("User name")?.focus();
    page.show(state("signed in, saved"));
    expect(page.status().textContent).toBe("Signed in as alice");
  });
});

describe("focus", () => {
  const shown: [string, State, State, string][] = [
    ["a wrong password", state("verifying"), state("signed out, wrong password"), "Password"],
    ["a server in trouble", state("verifying"), state("signed out, server trouble"), "Password"],
    ["signed in", state("verifying"), state("signed in"), "status"],
    ["connected", state("connecting"), state("signed out"), "User name"],
    ["no way in", state("connecting"), state("signed out, no way in"), "API key"],
    ["a code", state("signed out, web page"), state("awaiting authorization"), "status"],
    ["approved", state("awaiting authorization"), state("signed in, in the web page"), "status"],
    ["no code any more", state("awaiting authorization"), state("signed out, code expired"), "status"],
    ["a wrong key", state("verifying a key"), state("signed out, wrong key"), "API key"],
    ["a key set aside", state("signed out, key in the way"), state("signed out"), "status"],
    ["not connected", state("connecting"), state("disconnected, unreachable"), ADDRESS],
    ["another server", state("signed out"), state("disconnected"), ADDRESS],
    ["signed out", state("signed in"), state("signed out, after signing out"), "status"],
  ];

  it.each(shown)("inside the panel goes on after: %s", (_, before, after, target) => {
    const page = open();
    page.show(before);
    if (before.kind === "verifying" && page.field("User name")) page.type("User name", "alice");
    (page.all("input, button, a")[0] as HTMLElement).focus();
    page.show(after);
    expect(document.activeElement).toBe(target === "status" ? page.status() : page.field(target));
  });

  it.each(shown)("outside the panel is not taken after: %s", (_, before, after) => {
    const page = open();
    const cell = document.createElement("textarea");
    document.body.append(cell);
    cell.focus();
    page.show(before);
    page.show(after);
    expect(document.activeElement).toBe(cell);
  });

  it("goes to the password where the name is known", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("User name", "alice");
    page.show(state("connecting"));
    page.field(ADDRESS)?.focus();
    page.show(state("signed out"));
    expect(document.activeElement).toBe(page.field("Password"));
  });

  it("stays where it is while the server thinks", () => {
    const page = open();
    page.show(state("signed out"));
    page.button("Sign in")?.focus();
    page.show(state("verifying"));
    expect(document.activeElement).toBe(page.button("Sign in"));
  });

  it("goes to the status when its button goes", () => {
    const page = open();
    page.show(state("signed out"), { waiting: true });
    page.button("Cancel")?.focus();
    page.show(state("signed out, cancelled"));
    expect(document.activeElement).toBe(page.status());
  });
});

describe("JupyterLab around it", () => {
  it.each(["keydown", "keypress", "keyup", "paste", "copy", "cut"])("does not hear %s", (type) => {
    const page = open();
    page.show(state("signed out"));
    const heard = vi.fn();
    document.body.addEventListener(type, heard);
    const event = new Event(type, { bubbles: true, cancelable: true });
    page.field("User name")?.dispatchEvent(event);
    document.body.removeEventListener(type, heard);
    expect(heard).not.toHaveBeenCalled();
    expect(event.defaultPrevented).toBe(false);
    expect(page.region().dataset.lmSuppressShortcuts).toBe("true");
  });

  it("shows a neutral text until a kernel speaks", () => {
    const page = open();
    expect(page.text()).toBe("Tiled sign-in. Run the cell again to use it.");
    page.show(state("signed out"));
    expect(page.text()).not.toContain("run the cell");
    expect(open({ inactive: false }).text()).toBe("");
  });

  it("may show the same panel twice", () => {
    const page = open();
    page.show(state("signed out"));
    const second = page.view();
    expect(second.heading()).toBe("Sign in to tiled.example.org");
    page.show(state("signed in"));
    expect(page.status().textContent).toBe("Signed in as alice");
    expect(second.status().textContent).toBe("Signed in as alice");
    second.close();
    page.show(state("signed out"));
    expect(page.status().textContent).toBe("Not signed in");
    expect(second.el.childNodes.length).toBe(0);
  });

  it("may begin a second model of the panel, which needs nothing of the first and outlives it", () => {
    vi.useFakeTimers();
    const first = open();
    first.show(state("signed out"), { waiting: true });
    const second = open();
    expect(second.sent.map(({ content }) => content.type)).toEqual(["alive", "ready"]);
    expect(second.text()).toBe("Tiled sign-in. Run the cell again to use it.");
    second.show(state("signed out"), { waiting: true });
    first.close();
    first.stop();
    const sent = first.sent.length;
    vi.advanceTimersByTime(60_000);
    expect(first.sent.length).toBe(sent);
    second.hear({ type: "ping", transport: "shell", comm: "c" });
    expect(second.sent.at(-1)?.content.type).toBe("pong");
    second.type("User name", "alice");
    second.type("Password", "s3cret");
    second.button("Sign in")?.click();
    expect([first.commands().length, second.commands().length]).toEqual([0, 1]);
    second.show(state("signed in"));
    expect(second.status().textContent).toBe("Signed in as alice");
  });

  it.each(["restarting", "autorestarting"])(
    "says so when the kernel is %s, until it speaks again",
    (status) => {
      const page = open();
      page.show(state("signed out"));
      page.kernel.become("busy");
      expect(page.status().textContent).toBe("Not signed in");
      page.kernel.become(status);
      expect(page.status().textContent).toBe(
        "The kernel of this panel has ended. Run the cell again to sign in.",
      );
      expect([page.fields(), page.buttons()]).toEqual([[], []]);
      page.show(state("signed out"));
      expect(page.fields()).toContain("Password");
    },
  );
});

describe("patience", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // A page clock that is wrong by years: only the kernel's clock may count.
    vi.setSystemTime(0);
  });

  const line = (page: ReturnType<typeof open>) =>
    [...page.el.querySelectorAll(".tiled-jupyter-patience span")]
      .map(({ textContent }) => textContent)
      .join("");

  it("counts a slow password on the kernel's clock, beside the status", () => {
    const page = open();
    const { since } = state("verifying") as Extract<State, { kind: "verifying" }>;
    page.show(state("verifying"), { now: since + 3 });
    vi.advanceTimersByTime(4_900);
    expect(line(page)).toBe("");
    vi.advanceTimersByTime(1_000);
    expect(line(page)).toBe(
      "Still waiting for the server (8 s). If your facility uses a second factor, check your phone.",
    );
    expect(page.status().textContent).toBe("Signing in …");
    const [words, seconds] = page.el.querySelectorAll(".tiled-jupyter-patience span");
    const node = words?.firstChild;
    vi.advanceTimersByTime(2_000);
    expect(line(page)).toContain("(10 s)");
    expect(words?.firstChild).toBe(node);
    expect([words?.getAttribute("aria-live"), seconds?.getAttribute("aria-live")]).toEqual(["polite", null]);
  });

  it("says trouble in its place", () => {
    const page = open();
    page.show(state("verifying, told to wait"), { now: 1790000020 });
    expect(line(page)).toBe(
      "tiled.example.org asks to wait before the next try (429). The next try comes by itself in 12 s.",
    );
    page.show(state("awaiting authorization, in trouble"));
    expect(line(page)).toContain("login.example.org cannot answer");
    page.show(state("awaiting authorization"));
    expect(line(page)).toBe("");
  });

  it.each([
    ["verifying a key", "Checking the key …"],
    ["asking for a code", "Asking orcid for a code …"],
  ] as const)("speaks of no second factor while %s", (name, words) => {
    const page = open();
    page.show(state(name), { now: 1790000020 });
    expect(page.status().textContent).toBe(words);
    expect(line(page)).toBe("Still waiting for the server (20 s).");
  });

  it("counts a slow connection", () => {
    const page = open();
    const { since } = state("connecting") as Extract<State, { kind: "connecting" }>;
    page.show(state("connecting"), { now: since });
    vi.advanceTimersByTime(2_900);
    expect(line(page)).toBe("");
    vi.advanceTimersByTime(200);
    expect(line(page)).toBe("Still connecting (3 s)");
  });

  it.each(["the state", "the view", "the kernel"])("stops with %s", (end) => {
    const page = open();
    page.show(state("verifying"), { now: 1790000020 });
    expect(line(page)).toContain("(20 s)");
    expect(vi.getTimerCount()).toBe(1);
    if (end === "the state") page.show(state("signed in, saved"));
    if (end === "the view") page.close();
    if (end === "the kernel") page.kernel.become("restarting");
    expect(vi.getTimerCount()).toBe(0);
    if (end !== "the view") expect(line(page)).toBe("");
  });
});
