/** Every way in: several providers, a web page, API keys; and who may resume. */

import { describe, expect, it, vi } from "vitest";
import { isPageExposed } from "../src/parts/address";
import type { SignedOut, State } from "../src/wire";
import { open, state } from "./page";

type Page = ReturnType<typeof open>;

function signedOut(name: Parameters<typeof state>[0]): SignedOut {
  return state(name) as SignedOut;
}

function busy(form: SignedOut, method: "password" | "device" | "api_key"): State {
  return { kind: "verifying", form, attempt: 3, since: 0, method, trouble: null };
}

const radios = (page: Page) => page.all<HTMLInputElement>("[role=radiogroup] input");
const selected = (page: Page) =>
  radios(page)
    .filter(({ checked }) => checked)
    .map(({ value }) => value);
const sent = (page: Page) => page.commands().map(({ content: { id: _, ...content } }) => content);

describe("several providers", () => {
  it("are radios in the server's order, in a group with a name", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    const group = page.all("[role=radiogroup]")[0];
    expect(page.el.querySelector(`#${group?.getAttribute("aria-labelledby")}`)?.textContent).toBe(
      "Sign in with",
    );
    expect(radios(page).map((radio) => radio.labels?.[0]?.textContent)).toEqual(["staff", "guest", "orcid"]);
    expect(new Set(radios(page).map(({ name }) => name)).size).toBe(1);
    page.show(state("signed out"));
    expect(page.all("[role=radiogroup]")).toEqual([]);
  });

  it.each([
    ["the one used last", {}, "guest"],
    ["the first that can be used", { preferred: "gone" }, "orcid"],
    ["one that can be used, though another was used last", { preferred: "staff" }, "orcid"],
  ])("begin with %s", (_, change, name) => {
    const page = open();
    const form = signedOut("signed out, several providers");
    const [staff, guest, orcid] = form.server.providers;
    if (!staff || !guest || !orcid) throw new Error("three providers");
    if ("preferred" in change) Object.assign(staff, { refusal: "no" });
    const providers = "preferred" in change ? [staff, orcid, guest] : [staff, guest, orcid];
    page.show({ ...form, server: { ...form.server, ...change, providers } });
    expect(selected(page)).toEqual([name]);
  });

  it("keep the choice when the form is patched and when it is made anew", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    page.field("orcid")?.click();
    const orcid = page.field("orcid");
    page.show(state("signed out, several providers"), { waiting: true });
    expect(page.field("orcid")).toBe(orcid);
    expect(selected(page)).toEqual(["orcid"]);
    page.show(state("awaiting authorization"));
    page.show(state("signed out, several providers"));
    expect(selected(page)).toEqual(["orcid"]);
  });

  it("each ask for what they need, and are what is sent", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    page.field("staff")?.click();
    page.type("User name", "alice");
    page.type("Password", "for staff");
    page.field("guest")?.click();
    expect([page.field("User name")?.value, page.field("Password")?.value]).toEqual(["alice", ""]);
    page.type("Password", "for guest");
    page.click("Sign in");
    page.field("orcid")?.click();
    expect(page.fields()).not.toContain("Password");
    page.field("Keep me signed in")?.click();
    page.click("Sign in");
    expect(sent(page)).toEqual([
      { type: "sign_in", provider: "guest", username: "alice", remember: true },
      { type: "begin", provider: "orcid", remember: false },
    ]);
  });

  it("cannot be changed while one is asked", () => {
    const page = open();
    const form = signedOut("signed out, several providers");
    page.show(form);
    page.field("orcid")?.click();
    page.click("Sign in");
    page.show(busy(form, "device"));
    expect(page.status().textContent).toBe("Asking orcid for a code …");
    page.field("staff")?.click();
    page.click("Sign in");
    expect(selected(page)).toEqual(["orcid"]);
    expect(page.commands().length).toBe(1);
  });

  it("hold names, not markup", () => {
    const page = open();
    const form = signedOut("signed out, several providers");
    const name = '<img src=x onerror="bad()">';
    const providers = [...form.server.providers, { name, mode: "external", refusal: null, text: null }];
    page.show({ ...form, server: { ...form.server, providers } });
    expect(page.el.querySelector("img")).toBeNull();
    page.field(name)?.click();
    page.click("Sign in");
    expect(sent(page)).toEqual([{ type: "begin", provider: name, remember: true }]);
  });
});

describe("a web page", () => {
  it("needs no fields, and offers a new code for one that expired", () => {
    const page = open();
    page.show(state("signed out, web page"));
    expect(page.fields()).toEqual(["Keep me signed in"]);
    expect(page.text()).toContain("with your orcid account");
    expect(page.buttons()).toContain("Sign in");
    page.show(state("signed out, code expired"));
    page.click("Get a new code");
    expect(sent(page)).toEqual([{ type: "begin", provider: "orcid", remember: true }]);
    page.show(state("signed out, denied"));
    expect(page.buttons()).toContain("Sign in");
  });
});

describe("an API key", () => {
  it("is one buffer, sent once, and leaves the field at once", () => {
    const page = open();
    page.show(state("signed out"));
    page.click("Use an API key");
    const key = page.field("API key");
    expect([key?.type, key?.autocomplete]).toEqual(["password", "off"]);
    expect(document.activeElement).toBe(key);
    expect(page.fields()).toEqual(["API key"]);
    page.type("API key", "s3cret-k3y");
    page.click("Sign in");
    page.show(busy(signedOut("signed out"), "api_key"));
    page.click("Sign in");
    expect(sent(page)).toEqual([{ type: "use_key" }]);
    expect(new TextDecoder().decode(page.commands()[0]?.buffers[0])).toBe("s3cret-k3y");
    expect(key?.value).toBe("");
    expect(page.el.outerHTML).not.toContain("s3cret");
    page.show(state("signed out, wrong key"));
    expect(page.fields()).toEqual(["API key"]);
    expect(page.alert()).toContain("does not accept this API key");
  });

  it("has a way back, which takes the key with it", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    page.click("Use an API key");
    expect(radios(page)).toEqual([]);
    page.type("API key", "s3cret");
    page.click("Use your account instead");
    expect(page.fields()).toContain("Password");
    page.click("Use an API key");
    expect(page.field("API key")?.value).toBe("");
  });

  it.each(["signed out, web page", "signed out, another mode", "signed out, password not sent"] as const)(
    "can be used: %s",
    (name) => {
      const page = open();
      page.show(state(name));
      page.click("Use an API key");
      page.type("API key", "k3y");
      page.click("Sign in");
      expect(sent(page)).toEqual([{ type: "use_key" }]);
    },
  );

  it("is what a server without accounts asks for", () => {
    const page = open();
    page.show(state("signed out, no way in"));
    expect(page.fields()).toEqual(["API key"]);
    expect(page.buttons()).toEqual(["Sign in", "Use another server"]);
    expect(page.text()).toContain("signs people in with an API key");
  });

  it("typed for one server does not go to the next", () => {
    const page = open();
    page.show(state("signed out"));
    page.click("Use an API key");
    page.type("API key", "s3cret");
    page.show(state("signed out, public, never used"));
    expect(page.el.outerHTML).not.toContain("s3cret");
    expect(page.field("API key")?.value).toBe("");
  });
});

describe("an API key that is in the way", () => {
  it.each([
    ["signed out, key in the way", ["Set the key aside"]],
    ["signed out, key of another server", ["Set the key aside", "Use this key"]],
  ] as const)("is settled before anybody types: %s", (name, answers) => {
    const page = open();
    page.show(state(name));
    expect(page.fields()).toEqual([]);
    expect(page.buttons()).toEqual([...answers, "Use another server"]);
    page.all<HTMLFormElement>("form")[0]?.requestSubmit();
    expect(page.commands()).toEqual([]);
    for (const answer of answers) page.click(answer);
    page.show(busy(signedOut(name), "api_key"));
    for (const answer of answers) page.click(answer);
    expect(sent(page).length).toBe(answers.length);
    page.show(state("signed out"));
    expect(page.buttons()).toEqual(["Sign in", "Use an API key", "Use another server"]);
  });
});

describe("who may resume", () => {
  it("is named, and nobody else can be typed", () => {
    const page = open();
    page.show(state("signed out"));
    page.type("User name", "bob");
    page.show(state("signed out, session ended"), { waiting: true, resuming: true });
    const name = page.field("User name");
    expect([name?.value, name?.readOnly]).toEqual(["alice", true]);
    expect(page.status().textContent).toBe("Not signed in");
    const first = page.text().split("Sign in to")[0];
    expect(first).toContain("Your session on tiled.example.org has ended");
    page.type("Password", "pw");
    page.click("Sign in");
    expect(sent(page)).toEqual([{ type: "sign_in", provider: "pam", username: "alice", remember: true }]);
    page.show(busy(signedOut("signed out, session ended"), "password"));
    page.show(state("signed out, somebody else"));
    expect(page.field("User name")?.readOnly).toBe(true);
    page.show(state("signed out"));
    expect([page.field("User name")?.value, page.field("User name")?.readOnly]).toEqual(["bob", false]);
  });

  it("may type another name once theirs was refused, as directories know people by two", () => {
    const page = open();
    const form = signedOut("signed out, session ended");
    const hint = "If you sign in with another name than alice, type that one.";
    page.show(form, { waiting: true });
    expect(page.text()).not.toContain(hint);
    page.show({ ...form, rejections: 1 }, { waiting: true });
    expect([page.field("User name")?.value, page.field("User name")?.readOnly]).toEqual(["alice", false]);
    expect(page.text()).toContain(hint);
    page.type("User name", "alice@lab.example");
    page.show(busy({ ...form, rejections: 1 }, "password"), { waiting: true });
    expect(page.field("User name")?.readOnly).toBe(true);
    page.show({ ...form, rejections: 2 }, { waiting: true });
    page.type("Password", "pw");
    page.click("Sign in");
    expect(sent(page).at(-1)).toMatchObject({ username: "alice@lab.example" });
    page.show(form, { waiting: true });
    expect([page.field("User name")?.value, page.field("User name")?.readOnly]).toEqual(["alice", true]);
    expect(page.text()).not.toContain(hint);
  });

  it("may be somebody else, who has to stop the cell first", () => {
    const page = open();
    page.show(state("signed out, session ended"), { waiting: true });
    page.click("alice · Not alice?");
    const group = page.all('[role="group"]')[0];
    expect(document.activeElement).toBe(group);
    expect(group?.textContent).toContain(
      "Only alice can resume this request. Stop the cell and start as somebody else?",
    );
    page.click("Back");
    expect(page.commands()).toEqual([]);
    expect(document.activeElement).toBe(page.button("alice · Not alice?"));
    page.click("alice · Not alice?");
    page.click("Stop the cell");
    expect(sent(page)).toEqual([{ type: "cancel" }]);
    page.show({
      ...signedOut("signed out, session ended"),
      failure: signedOut("signed out, cancelled").failure,
    });
    expect(page.button("Stop the cell")).toBeUndefined();
  });

  it("is called by a name, and beside it by the id, where that is a subject", () => {
    const page = open();
    page.show(state("signed in, known to the provider by a subject"));
    expect(page.status().textContent).toBe("Signed in as Alice Example (c2ef90b9…)");
    const expected = { id: "007", provider: "pam", kind: "named", name: "<b>Bond</b>" } as const;
    page.show({ ...signedOut("signed out, session ended"), expected }, { waiting: true });
    expect(page.button("<b>Bond</b> (007) · Not <b>Bond</b> (007)?")).toBeDefined();
    expect(page.field("User name")?.value).toBe("007");
  });

  it("is asked for where they signed in before", () => {
    const page = open();
    const form = signedOut("signed out, several providers");
    page.show(
      { ...form, expected: { id: "0000-0002", provider: "orcid", kind: "named", name: null } },
      { waiting: true },
    );
    expect(selected(page)).toEqual(["orcid"]);
    expect(page.button("0000-0002 · Not 0000-0002?")).toBeDefined();
    page.field("staff")?.click();
    expect([page.field("User name")?.value, page.field("User name")?.readOnly]).toEqual(["", false]);
  });
});

describe("before anybody types", () => {
  const WARNING = "What you type travels to this kernel over a network without encryption";

  it("a connection that others can read is said, and a web page preferred", () => {
    const page = open();
    page.show(state("signed out"));
    expect(page.notes()).toEqual([]);
    page.show(state("signed out"), { exposed: true });
    expect(page.notes().join()).toContain(WARNING);
    expect(page.notes().join()).not.toContain("Prefer");
    page.click("Use an API key");
    expect(page.notes().join()).toContain(WARNING);
    const several = open();
    several.show(state("signed out, several providers"), { exposed: true });
    expect(selected(several)).toEqual(["orcid"]);
    expect(several.notes().join()).not.toContain(WARNING);
    several.field("staff")?.click();
    expect(several.notes().join()).toContain("Prefer orcid");
  });

  it("so is a page that came without encryption from elsewhere", () => {
    vi.stubGlobal("location", new URL("http://beamline.example.org/lab"));
    const page = open();
    page.show(state("signed out"));
    expect(page.notes().join()).toContain(WARNING);
  });

  it.each([
    ["https://hub.example.org", false],
    ["http://hub.example.org", true],
    ["http://localhost:8888", false],
    ["http://127.0.0.1:8888", false],
    ["http://[::1]:8888", false],
    ["http://127.0.0.1.example.org", true],
    ["http://localhost.example.org", true],
  ])("%s is exposed: %s", (uri, exposed) => {
    expect(isPageExposed(new URL(uri))).toBe(exposed);
  });

  it("a certificate that nobody checks is said", () => {
    const page = open();
    const form = signedOut("signed out, several providers");
    page.show(form);
    expect(page.notes().join()).not.toContain("certificate");
    page.show({ ...form, server: { ...form.server, unverified: true } });
    expect(page.notes().join()).toContain(`The certificate of ${form.server.host} is not checked`);
  });

  it("an account full of sign-ins is said", () => {
    const page = open();
    page.show(state("signed out, several providers"));
    expect(page.notes().join()).toContain("This account had 163 of 200 sign-ins when last seen");
    const form = signedOut("signed out, several providers");
    page.show({ ...form, server: { ...form.server, sign_ins: 149 } });
    expect(page.notes()).toEqual([]);
  });
});

describe("what the site says", () => {
  const ADVICE = "Use your beamline account, not that of the office.";

  it("of the way to sign in that is chosen, and of no other", () => {
    const page = open();
    page.show(state("signed out, the site has a word to say"));
    expect(page.text()).toContain(ADVICE);
    page.click("Use an API key");
    expect(page.text()).not.toContain(ADVICE);
    page.show(state("signed out"));
    page.click("Use your account instead");
    expect(page.text()).not.toContain(ADVICE);
  });

  it.each(["signed out", "disconnected", "signed out, no way in"] as const)("of help, in %s", (name) => {
    const page = open();
    page.show(state(name));
    expect(page.all("a")).toEqual([]);
    page.show(state(name), { help_url: "https://help.example.org/tiled" });
    const link = page.all<HTMLAnchorElement>("a")[0];
    expect([link?.textContent, link?.href, link?.rel]).toEqual([
      "Help",
      "https://help.example.org/tiled",
      "noopener noreferrer",
    ]);
    page.show(state(name), { help_url: "javascript:alert(1)" });
    expect(page.all("a")).toEqual([]);
  });
});
