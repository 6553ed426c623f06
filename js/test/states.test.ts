/** Every state of the wire is shown, in the words people and tests rely on. */

import { describe, expect, it, vi } from "vitest";
import type { Account, SignedOut, State } from "../src/wire";
import { alertOf, formOf, serverOf } from "../src/words";
import { open, state, states } from "./page";

describe.each(Object.entries(states))("state: %s", (_, shown) => {
  it("has a region, a status and, for a failure, an alert", () => {
    const page = open();
    page.show(shown);
    const server = serverOf(shown);
    const host = server ? ` ${server.host}` : "";
    const name = shown.kind === "key_in_cell" ? "API key 1a2b3c4d in a cell" : `Tiled sign-in${host}`;
    expect(page.region().getAttribute("aria-label")).toBe(name);
    expect(page.status().textContent).not.toBe("");
    const account = shown.kind === "signed_in" ? shown.account : undefined;
    if (account) page.tab("API keys");
    expect(page.alert()).toBe(alertOf(shown) || account?.keys_failure || undefined);
    if (account) page.tab("Sign-ins");
    expect(page.alert()).toBe(alertOf(shown) || account?.sign_ins_failure || undefined);
  });

  it("shows every sentence the server or Python wrote", () => {
    const page = open();
    page.show(shown);
    const text = everythingIn(page);
    const { keys, sign_ins, made, ...account } =
      "account" in shown ? shown.account : ({} as Partial<Account>);
    const sentences = [
      "failure" in shown && shown.failure?.sentence,
      "reason" in shown && shown.reason,
      formOf(shown)?.expected && formOf(shown)?.reason,
      formOf(shown)?.key?.sentence,
      formOf(shown)?.server.providers[0]?.refusal,
      "provenance" in shown && shown.provenance,
      "trouble" in shown && shown.trouble,
      serverOf(shown)?.host,
      keys?.unavailable,
      keys?.rows.length && keys.of_limit,
      ...(keys?.rows ?? []).flatMap(({ first_eight, note, may, access_tags, marks }) => [
        ...[first_eight, note, may.join(", ")],
        ...[...(access_tags ?? []), ...marks],
      ]),
      ...(sign_ins ?? []).map(({ where }) => where),
      ...[made?.first_eight, made?.note, made?.saved_to, made?.in_use],
      ...[account.keys_failure, account.sign_ins_failure],
    ].filter((sentence) => typeof sentence === "string");
    for (const sentence of sentences) expect(text).toContain(sentence);
  });

  it("keeps markup in every text as text", () => {
    const page = open();
    const marked = JSON.parse(JSON.stringify(shown), (key, value) =>
      typeof value === "string" && !["kind", "mode", "method", "expires_in"].includes(key)
        ? `<img src=x onerror="bad()"><script>bad()</script>${value}`
        : value,
    );
    const plain = open();
    plain.show(shown, { servers: ["<script>bad()</script>"] });
    page.show(marked, { servers: ["<script>bad()</script>"] });
    expect(page.el.querySelector("img[src=x], script")).toBeNull();
    expect(page.el.querySelectorAll("*").length).toBe(plain.el.querySelectorAll("*").length);
    const tag = serverOf(shown) || ("address" in shown && shown.address) ? "<script>" : "";
    expect(`${page.text()}${page.field("Tiled server (address or saved name)")?.value}`).toContain(tag);
  });
});

/** What a person can read in all tabs. */
function everythingIn(page: ReturnType<typeof open>): string {
  const names = page.all('[role="tab"]').map(({ textContent }) => textContent ?? "");
  const texts = [page.text()];
  for (const name of names) {
    page.tab(name);
    texts.push(page.text());
  }
  return texts.join("\n");
}

const WHY = "Why can I not see my data?";

describe("no server yet", () => {
  it("offers the field with the address kept for correction, and the servers known", () => {
    const page = open();
    page.show(state("disconnected, unreachable"), { servers: ["https://a.example", "nsls2"] });
    const field = page.field("Tiled server (address or saved name)");
    expect(field?.value).toBe("https://tiled.exmaple.org");
    const list = page.el.querySelector(`#${field?.getAttribute("list")}`);
    expect([...(list?.children ?? [])].map((option) => option.getAttribute("value"))).toEqual([
      "https://a.example",
      "nsls2",
    ]);
    expect(page.buttons()).toEqual(["Connect"]);
  });

  it("offers Cancel while a cell waits, and while connecting", () => {
    const page = open();
    page.show(state("disconnected"), { waiting: true });
    expect(page.buttons()).toEqual(["Connect", "Cancel"]);
    page.show(state("connecting"));
    expect(page.buttons()).toEqual(["Connect", "Cancel"]);
    expect(page.status().textContent).toBe("Connecting to tiled.example.org …");
    expect(page.field("Tiled server (address or saved name)")?.readOnly).toBe(true);
  });
});

describe("signed out", () => {
  it("is a form a password manager recognises", () => {
    const page = open();
    page.show(state("signed out"));
    expect(page.heading()).toBe("Sign in to tiled.example.org");
    expect(page.status().textContent).toBe("Not signed in");
    expect(page.text()).toContain("with your pam account");
    const name = page.field("User name");
    const password = page.field("Password");
    expect([name?.autocomplete, name?.name]).toEqual(["username", "username"]);
    expect([password?.autocomplete, password?.name]).toEqual(["current-password", "password"]);
    expect(password?.type).toBe("password");
    expect(name?.form).toBe(password?.form);
    expect(page.buttons()).toEqual(["Sign in", "Use an API key", "Use another server"]);
  });

  it("says what a new and a public server mean", () => {
    const page = open();
    page.show(state("signed out, public, never used"));
    expect(page.notes()).toEqual([
      "You have not signed in to localhost:8000 from this computer account before. Check that the address is right.",
      "You can use the public data of localhost:8000 without signing in. Signing in may show more.",
    ]);
  });

  it("says that the cell waits, and then offers Cancel instead of another server", () => {
    const page = open();
    page.show(state("signed out"), { waiting: true });
    expect(page.text()).toContain("The cell is waiting for you to sign in.");
    expect(page.buttons()).toEqual(["Sign in", "Cancel", "Use an API key"]);
    for (const name of ["signed in", "connecting"] as const) {
      page.show(state(name), { waiting: true });
      expect(page.text()).not.toContain("The cell is waiting");
    }
  });

  it.each([
    ["signed out, password not sent", "This connection is not encrypted"],
    ["signed out, another mode", "This panel cannot sign in with saml."],
  ] as const)("has a sentence instead of a form: %s", (name, sentence) => {
    const page = open();
    page.show(state(name));
    expect(page.fields()).toEqual([]);
    expect(page.buttons()).toEqual(["Use an API key", "Use another server"]);
    expect(page.notes().join()).toContain(sentence);
  });

  it("tells a cancelled sign-in in the status, without an alert", () => {
    const page = open();
    page.show(state("signed out, cancelled"));
    expect(page.status().textContent).toBe("Cancelled. Run the cell again, or sign in here.");
    expect(page.alert()).toBeUndefined();
  });

  it("says how long a sign-in is kept", () => {
    const page = open();
    page.show(state("signed out"));
    const keep = page.field("Keep me signed in");
    const help = page.el.querySelector(`#${keep?.getAttribute("aria-describedby")}`);
    expect(keep?.checked).toBe(true);
    expect(help?.textContent).toBe("for everyone who uses this computer account");
    keep?.click();
    expect(help?.textContent).toBe("this notebook only: nothing is stored");
    page.show(state("signed out"), { remember: "always" });
    expect(page.fields()).toEqual(["User name", "Password"]);
    expect(page.text()).toContain("You will stay signed in on this computer account.");
    page.show(state("signed out"), { remember: "never" });
    expect(page.fields()).toEqual(["User name", "Password"]);
    expect(page.text()).toContain("Your sign-in will be for this notebook only: nothing is stored.");
  });

  it("numbers panels of the same server", () => {
    const [first, second] = [open(), open()];
    second.show(state("signed out"));
    expect(second.region().getAttribute("aria-label")).toBe("Tiled sign-in tiled.example.org");
    first.show(state("signed out, public, never used"));
    expect(first.region().getAttribute("aria-label")).toBe("Tiled sign-in localhost:8000");
    first.show(state("signed out"));
    expect(first.region().getAttribute("aria-label")).toBe("Tiled sign-in tiled.example.org");
    expect(second.region().getAttribute("aria-label")).toBe("Tiled sign-in tiled.example.org (2)");
  });
});

describe("verifying", () => {
  it("is the same form, busy", () => {
    const page = open();
    page.show(state("signed out"));
    const before = page.field("User name");
    page.show(state("verifying"));
    expect(page.field("User name")).toBe(before);
    expect(before?.readOnly).toBe(true);
    expect(page.el.querySelector("form")?.getAttribute("aria-busy")).toBe("true");
    expect(page.button("Sign in")?.getAttribute("aria-disabled")).toBe("true");
    expect(page.status().textContent).toBe("Signing in …");
    expect(page.buttons()).toEqual(["Sign in", "Cancel"]);
    const keep = page.field("Keep me signed in");
    keep?.click();
    expect(keep?.checked).toBe(true);
  });

  it("keeps the place of the last alert, so that the form does not jump", () => {
    const page = open();
    page.show(state("signed out, wrong password"));
    const first = page.el.querySelector('[role="alert"]');
    page.show(state("verifying"));
    expect(page.alert()).toBeUndefined();
    expect(first?.isConnected).toBe(true);
    page.show(state("signed out, wrong password"));
    expect(page.alert()).toContain("not recognised");
    // A new element, or the same sentence would not be announced again.
    expect(page.el.querySelector('[role="alert"]')).not.toBe(first);
    page.show(state("signed out"));
    expect(page.el.querySelector('[role="alert"]')).toBeNull();
  });
});

describe("signed in", () => {
  it("says who, where, and where the credentials come from", () => {
    const page = open();
    page.show(state("signed in"));
    expect(page.status().textContent).toBe("Signed in as alice");
    for (const part of [
      "on tiled.example.org",
      "pam: alice",
      "Signed in with your password.",
      "Anyone who can run cells here acts as alice.",
    ])
      expect(page.text()).toContain(part);
    expect(page.text()).not.toContain("nothing is stored");
    expect(page.buttons()).toEqual([WHY, "Sign out"]);
  });

  it("says what is kept in memory only, and makes Sign out prominent then", () => {
    const page = open();
    page.show(state("signed in, this notebook only"));
    expect(page.text()).toContain("For this notebook only: nothing is stored.");
    expect(page.button("Sign out")?.classList).toContain("tiled-jupyter-primary");
    page.show(state("signed in"));
    expect(page.button("Sign out")?.classList).not.toContain("tiled-jupyter-primary");
  });

  it.each([
    [3 * 3600, true, "Signed in until at least Mon 15:00"],
    [3 * 3600, false, "Signed in until Mon 15:00"],
    [8 * 86_400, true, "Signed in until at least Tue 10 Feb 12:00"],
    [400 * 86_400, false, "Signed in until Tue 9 Mar 2027 12:00"],
  ])("says until when it is good, in %d s", (seconds, renews, sentence) => {
    vi.useFakeTimers();
    // The page's clock: the kernel's is an hour behind, and what is shown is the page's time.
    vi.setSystemTime(new Date(2026, 1, 2, 12, 0));
    const now = Date.now() / 1000 - 3600;
    const page = open();
    page.show({ ...state("signed in"), good_until: now + seconds, renews } as State, { now });
    expect(page.text()).toContain(sentence);
  });

  it.each([0, -20, 45, 3600, -3605])(
    "names one moment in all panels, however long their messages took, %d s",
    (ahead) => {
      const end = Date.UTC(2026, 1, 2, 15, 0, 59) / 1000 + ahead;
      const texts = [0, 0.2, 5].map((delay) => {
        const page = open();
        page.show({ ...state("signed in"), good_until: end } as State, {
          now: Date.now() / 1000 + ahead - delay,
        });
        return page.text();
      });
      expect(new Set(texts).size).toBe(1);
    },
  );

  it("says where nobody can know that", () => {
    const page = open();
    page.show(state("signed in, saved"));
    expect(page.text()).toContain("How long this sign-in lasts is not known.");
    page.show(state("signed in, API key"));
    expect(page.text()).not.toContain("lasts");
    expect(page.text()).not.toContain("until");
  });

  it("offers a saved sign-in's stranger the way out, once", () => {
    const page = open();
    page.show(state("signed in"));
    expect(page.button("Not you?")).toBeUndefined();
    page.show(state("signed in, saved"));
    page.click("Not you?");
    page.click("Not you?");
    expect(page.commands().map(({ content }) => [content.type, content.everywhere])).toEqual([
      ["sign_out", false],
    ]);
    page.show(state("signed out"));
    expect(page.button("Not you?")).toBeUndefined();
  });

  it("offers an account instead of a key, where the server has accounts", () => {
    const page = open();
    page.show(state("signed in, API key"));
    expect(page.button("Sign in with your account instead")).toBeUndefined();
    page.show(state("signed in, key of the environment"));
    page.click("Sign in with your account instead");
    page.click("Sign in with your account instead");
    expect(page.commands().map(({ content }) => content.type)).toEqual(["set_key_aside"]);
  });

  it("folds to one line where an interrupted request goes on", () => {
    const page = open();
    page.show(state("signed out, session ended"), { resuming: true });
    page.show(state("signed in, saved"), { resuming: true });
    expect(page.text()).toBe("Signed in as alice on tiled.example.org");
    expect(page.buttons()).toEqual([]);
    page.show(state("signed in, saved"));
    expect(page.buttons()).toEqual(["Not you?", WHY, "Sign out"]);
  });

  it("says in that line what has become of the sign-in, and is no form", () => {
    const page = open();
    page.show(state("signed in, saved"), { resuming: true });
    page.show(state("signed out, session ended and nothing waits"), { resuming: true });
    expect(page.text()).toBe(
      "Your session on tiled.example.org has ended (noticed 14:02). Sign in to go on.",
    );
    expect(page.all("form").length).toBe(0);
    page.show(state("signed in, saved"), { resuming: true });
    expect(page.status().textContent).toBe("Signed in as alice");
  });

  it("says of a moment that has passed no more than that", () => {
    const page = open();
    page.show(state("signed in, past its end"));
    expect(page.text()).toContain("If it has ended, the next request says so.");
    expect(page.text()).not.toContain("Signed in until");
  });

  it.each([
    ["signed in, API key", "Signed in with an API key", "with this API key"],
    [
      "signed in, a service account",
      "Signed in as a service account (3beb8904…)",
      "as a service account (3beb8904…)",
    ],
    ["signed in, the server does not say who you are", "Signed in", "with this sign-in"],
  ] as const)("knows a sign-in without a name: %s", (name, status, acts) => {
    const page = open();
    page.show(state(name));
    expect(page.status().textContent).toBe(status);
    expect(page.text().includes("on tiled.example.org, which does not say who you are")).toBe(
      status === "Signed in",
    );
    expect(page.text()).toContain(`Anyone who can run cells here acts ${acts}.`);
  });

  it("calls nobody by an id that is no name", () => {
    const page = open();
    page.show(state("signed out, session ended of somebody without a name"), { waiting: true });
    expect(page.text()).not.toContain("3beb8904");
    expect(page.field("User name")?.readOnly).toBe(false);
    page.click("Somebody else?");
    expect(page.text()).toContain("Only the person whose session has ended can resume this request.");
  });

  it("says what became of a session where it said that it is being ended", () => {
    const page = open();
    for (const name of ["signed out, telling the server", "signed out, and refused"] as const) {
      page.show(state(name));
      expect(page.status().textContent).toBe((state(name) as SignedOut).reason);
    }
  });

  it.each([
    [4, " Your 4 API keys keep working."],
    [1, " Your API key keeps working."],
    [0, ""],
    [null, ""],
  ])("says what signing out ends, with %s API keys", (keys, sentence) => {
    const page = open();
    page.show({ ...state("signed in"), api_keys: keys } as never);
    page.click("Sign out");
    expect(page.buttons()).toEqual([WHY, "Only this notebook", "Everywhere on this account", "Cancel"]);
    const group = page.all('[role="group"]')[0];
    expect(group?.textContent).toContain(
      `Sign out of tiled.example.org?“Everywhere” also ends this sign-in for the notebooks and terminals that share it, if the server lets it.${sentence}`,
    );
  });

  it("has no Everywhere for an API key", () => {
    const page = open();
    page.show(state("signed in, API key"));
    page.click("Sign out");
    expect(page.buttons()).toEqual([WHY, "Only this notebook", "Cancel"]);
  });

  it("closes the question with Cancel and with Escape, and sends nothing", () => {
    const page = open();
    page.show(state("signed in"));
    page.click("Sign out");
    expect(document.activeElement).toBe(page.all('[role="group"]')[0]);
    page.click("Cancel");
    expect(page.buttons()).toEqual([WHY, "Sign out"]);
    expect(document.activeElement).toBe(page.button("Sign out"));
    page.click("Sign out");
    page.button("Cancel")?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    expect(page.buttons()).toEqual([WHY, "Sign out"]);
    expect(page.commands()).toEqual([]);
  });
});
