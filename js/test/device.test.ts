/** Device authorization: a link that is safe, a code that can be taken along, and the time that is left. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { linkTo } from "../src/parts/address";
import type { AwaitingAuthorization, UserCode } from "../src/wire";
import { open, state } from "./page";

type Page = ReturnType<typeof open>;

function awaiting(code: Partial<UserCode> = {}): AwaitingAuthorization {
  const example = state("awaiting authorization") as AwaitingAuthorization;
  return { ...example, code: { ...example.code, ...code } };
}

const link = (page: Page) => page.all<HTMLAnchorElement>("a")[0];
const code = (page: Page) => page.all('[aria-label="User code"]')[0];
const timer = (page: Page) => page.all('[role="timer"]')[0];

describe("the link", () => {
  it("opens the page with the code filled in, and the code stays to be compared", () => {
    const page = open();
    page.show(awaiting());
    expect(page.heading()).toBe("Sign in to tiled.example.org");
    expect(link(page)?.textContent).toBe("Open sign-in page");
    expect(link(page)?.href).toBe("https://login.example.org/device?user_code=WDJB-MJHT");
    expect([link(page)?.target, link(page)?.rel]).toEqual(["_blank", "noopener noreferrer"]);
    expect(page.text()).toContain("Open the sign-in page of login.example.org");
    expect(page.text()).not.toContain("https://");
    expect(code(page)?.textContent).toBe("WDJB-MJHT");
    expect(page.text()).toContain(
      "Approve only if you started this, on tiled.example.org, and the codes match.",
    );
  });

  it.each([
    ["https://login.example.org/d", "https://login.example.org/d"],
    ["http://localhost:9000/d", "http://localhost:9000/d"],
    ["http://127.0.0.1:9000/d", "http://127.0.0.1:9000/d"],
    ["http://login.example.org/d", null],
    ["http://127.0.0.1.example.org/d", null],
    ["javascript:alert(1)", null],
    ["JavaScript:alert(1)//https://x", null],
    ["data:text/html,<script>bad()</script>", null],
    ["file:///etc/passwd", null],
    ["https://login.example.org@evil.example/d", null],
    ["/relative", null],
    ["", null],
  ])("for %s is %s", (uri, href) => {
    expect(linkTo(uri)).toBe(href);
    const page = open();
    page.show(awaiting({ verification_uri: uri, verification_uri_complete: uri }));
    expect(link(page)?.href).toBe(href ?? undefined);
    if (href === null) expect(page.text()).toContain(uri);
    expect(page.button("Copy link") !== undefined).toBe(href !== null);
    expect(page.el.querySelectorAll("a[href]").length).toBe(href ? 1 : 0);
  });

  it("is the plain page where the other one is not safe", () => {
    const page = open();
    page.show(awaiting({ verification_uri_complete: "javascript:alert(1)" }));
    expect(link(page)?.href).toBe("https://login.example.org/device");
  });

  it("does not survive an address that became unsafe", () => {
    const page = open();
    page.show(awaiting());
    page.show(awaiting({ verification_uri: "javascript:bad()", verification_uri_complete: null }));
    expect(page.el.querySelector("a")?.href).toBe("");
  });
});

describe("the address", () => {
  it("is copied with the code in it", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { platform: "Linux x86_64", clipboard: { writeText } });
    const page = open();
    page.show(awaiting());
    page.click("Copy link");
    await vi.waitFor(() => expect(page.text()).toContain("Copied"));
    expect(writeText).toHaveBeenCalledWith("https://login.example.org/device?user_code=WDJB-MJHT");
  });

  it("is shown and selected where there is no clipboard, and stays so", async () => {
    vi.stubGlobal("navigator", { platform: "Linux x86_64", clipboard: undefined });
    const page = open();
    page.show(awaiting());
    page.click("Copy link");
    await vi.waitFor(() => expect(page.text()).toContain("Press Ctrl+C"));
    expect(String(getSelection())).toBe("https://login.example.org/device?user_code=WDJB-MJHT");
    page.show({ ...awaiting(), trouble: "busy" });
    expect(page.text()).toContain("https://login.example.org/device?user_code=WDJB-MJHT");
  });
});

describe("the code", () => {
  it("is text that nothing redraws", () => {
    const page = open();
    page.show(awaiting());
    const node = code(page)?.firstChild;
    expect(node?.nodeType).toBe(Node.TEXT_NODE);
    page.show({ ...awaiting(), trouble: "busy" }, { now: 1790000100 });
    expect(code(page)?.firstChild).toBe(node);
    page.show(awaiting({ user_code: "AAAA-BBBB" }));
    expect(code(page)?.textContent).toBe("AAAA-BBBB");
  });

  it("is copied, and that is said politely", async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal("navigator", { platform: "Linux x86_64", clipboard: { writeText } });
    const page = open();
    page.show(awaiting());
    page.click("Copy code");
    await vi.waitFor(() => expect(page.text()).toContain("Copied"));
    expect(writeText).toHaveBeenCalledWith("WDJB-MJHT");
    expect(page.all('[aria-live="polite"]').map(({ textContent }) => textContent)).toContain("Copied");
  });

  it.each([
    ["Linux x86_64", undefined, "Press Ctrl+C"],
    ["MacIntel", undefined, "Press ⌘C"],
    ["Win32", { writeText: () => Promise.reject(new Error("denied")) }, "Press Ctrl+C"],
  ])("is selected on %s where there is no clipboard", async (platform, clipboard, words) => {
    vi.stubGlobal("navigator", { platform, clipboard });
    const page = open();
    page.show(awaiting());
    page.click("Copy code");
    await vi.waitFor(() => expect(page.text()).toContain(words));
    expect(String(getSelection())).toBe("WDJB-MJHT");
  });
});

describe("the QR code", () => {
  it("is shown when asked for, with where the phone must reach", () => {
    const page = open();
    page.show(awaiting());
    expect(page.all("img")).toEqual([]);
    page.click("Show QR code");
    expect(page.all<HTMLImageElement>("img")[0]?.src).toMatch(/^data:image\/png;base64,/);
    expect(page.text()).toContain("Your phone must be able to reach login.example.org");
    expect(page.button("Hide QR code")?.getAttribute("aria-expanded")).toBe("true");
    page.show(awaiting(), { now: 1790000100 });
    expect(page.all("img").length).toBe(1);
    page.click("Hide QR code");
    expect(page.all("img")).toEqual([]);
  });

  it.each([null, "https://evil.example/track.png", "data:image/svg+xml;base64,AAAA", "javascript:bad()"])(
    "is not there for %s",
    (qr) => {
      const page = open();
      page.show(awaiting());
      page.click("Show QR code");
      page.show(awaiting({ qr }));
      expect(page.all("img")).toEqual([]);
      expect(page.buttons()).toEqual(["Copy link", "Copy code", "Cancel"]);
      const other = open();
      other.show(awaiting({ qr }));
      expect(other.el.querySelector("img[src]")).toBeNull();
    },
  );
});

describe("the time that is left", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    // A page clock that is wrong by years: only the kernel's clock may count.
    vi.setSystemTime(0);
  });

  it("is counted on the kernel's clock, outside the status", () => {
    const page = open();
    const { deadline } = awaiting().code;
    page.show(awaiting(), { now: deadline - 872 });
    expect(timer(page)?.textContent).toBe("Expires in 14:32");
    vi.advanceTimersByTime(3000);
    expect(timer(page)?.textContent).toBe("Expires in 14:29");
    expect(page.status().contains(timer(page) as Node)).toBe(false);
    vi.advanceTimersByTime(900_000);
    expect(timer(page)?.textContent).toBe("Expires in 0:00");
    page.show(state("signed in, saved"));
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is announced at five minutes and at one, and else never", () => {
    const page = open();
    const { deadline } = awaiting().code;
    page.show(awaiting(), { now: deadline - 600 });
    const live = page.all("[aria-live=polite]");
    const said: string[] = [];
    for (let second = 0; second < 590; second++) {
      const words = live.map(({ textContent }) => textContent).join("");
      if (words !== said.at(-1)) said.push(words);
      vi.advanceTimersByTime(1000);
    }
    expect(said).toEqual(["", "The code expires in 5 minutes.", "The code expires in 1 minute."]);
  });
});
