/** A prompt nobody sees is shown at the edge of the page, and in the tab's title; and goes without a trace. */

import { beforeEach, describe, expect, it, vi } from "vitest";
import { open, state } from "./page";

type Page = ReturnType<typeof open>;

/** The browser's observer, told by the test what is in sight. */
class Sight {
  static all: Sight[] = [];
  readonly observed = new Set<Element>();
  constructor(readonly callback: (entries: object[]) => void) {
    Sight.all.push(this);
  }
  observe(element: Element): void {
    this.observed.add(element);
  }
  unobserve(element: Element): void {
    this.observed.delete(element);
  }
  disconnect(): void {
    this.observed.clear();
  }
}

function see(element: Element, ratio: number, height = 400): void {
  const entry = {
    target: element,
    isIntersecting: ratio > 0,
    intersectionRatio: ratio,
    intersectionRect: { height: ratio * height },
  };
  for (const sight of Sight.all) if (sight.observed.has(element)) sight.callback([entry]);
}

let hidden = false;

function hide(now: boolean): void {
  hidden = now;
  document.dispatchEvent(new Event("visibilitychange"));
}

const place = () => document.querySelector(".tiled-jupyter-attention");
const calls = () => [...document.querySelectorAll<HTMLElement>(".tiled-jupyter-call")];
const words = () => calls().map((call) => call.querySelector("p")?.textContent);
const goTo = () => calls()[0]?.querySelector("button");

/** happy-dom lays nothing out: give a view boxes, or none. */
function layOut(page: Page, boxes: number): void {
  page.region().getClientRects = () => Array(boxes).fill(new DOMRect()) as unknown as DOMRectList;
}

/** A panel that a cell waits on, with a view that can be scrolled to and is out of sight. */
function unseen(name: Parameters<typeof state>[0] = "signed out", cell: number | null = 14): Page {
  const page = open();
  layOut(page, 1);
  page.show(state(name), { waiting: true, cell });
  see(page.region(), 0);
  return page;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("IntersectionObserver", Sight);
  Sight.all = [];
  hidden = false;
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => (hidden ? "hidden" : "visible"));
  document.title = "analysis.ipynb - JupyterLab";
});

describe("a card", () => {
  it("appears after five seconds out of sight, and says which cell waits", () => {
    unseen();
    vi.advanceTimersByTime(4900);
    expect([calls().length, document.title]).toEqual([0, "analysis.ipynb - JupyterLab"]);
    vi.advanceTimersByTime(200);
    expect(words()).toEqual(["Cell 14 waits for your Tiled sign-in"]);
    expect(calls()[0]?.querySelector("p")?.getAttribute("role")).toBe("status");
    expect(document.title).toBe("● analysis.ipynb - JupyterLab");
    expect(place()?.parentElement).toBe(document.body);
  });

  it("says it without the number where that is not known", () => {
    unseen("signed out", null);
    vi.advanceTimersByTime(5000);
    expect(words()).toEqual(["A request waits for your Tiled sign-in"]);
  });

  it.each([
    ["disconnected", 1],
    ["signed out", 1],
    ["awaiting authorization", 1],
    ["connecting", 0],
    ["verifying", 0],
    ["signed in", 0],
  ] as const)("in state %s: %d", (name, count) => {
    unseen(name);
    vi.advanceTimersByTime(60_000);
    expect(calls().length).toBe(count);
  });

  it("does not appear where no cell waits", () => {
    const page = open();
    page.show(state("signed out"));
    vi.advanceTimersByTime(60_000);
    expect(calls()).toEqual([]);
  });

  it("does not appear for what is in sight, nor for what was not for a moment only", () => {
    const page = unseen();
    see(page.region(), 1);
    vi.advanceTimersByTime(60_000);
    see(page.region(), 0);
    vi.advanceTimersByTime(4000);
    see(page.region(), 0.5);
    vi.advanceTimersByTime(4000);
    see(page.region(), 0);
    vi.advanceTimersByTime(4000);
    expect(calls()).toEqual([]);
  });

  it("takes a strip at the edge of the window for out of sight", () => {
    const page = unseen();
    see(page.region(), 0.1);
    vi.advanceTimersByTime(5000);
    expect(calls().length).toBe(1);
    see(page.region(), 0.1, 2000);
    expect(calls()).toEqual([]);
  });

  it("brings the form for what has become transparent where it stands", () => {
    const page = unseen();
    see(page.region(), 1);
    vi.advanceTimersByTime(60_000);
    expect(calls()).toEqual([]);
    const drawn = vi.fn(() => false);
    page.region().checkVisibility = drawn;
    vi.advanceTimersByTime(6000);
    expect(calls()[0]?.querySelector(".tiled-jupyter-panel")).not.toBeNull();
    drawn.mockReturnValue(true);
    vi.advanceTimersByTime(1000);
    expect(calls()).toEqual([]);
    page.show(state("signed in"));
    expect(vi.getTimerCount()).toBe(1); // the panel's own, for when the session is over
  });

  it("and the mark appear for a hidden tab", () => {
    const page = unseen();
    see(page.region(), 1);
    hide(true);
    vi.advanceTimersByTime(5000);
    expect(document.title).toBe("● analysis.ipynb - JupyterLab");
    hide(false);
    expect([calls().length, document.title]).toEqual([0, "analysis.ipynb - JupyterLab"]);
  });

  it("leads to the cell", () => {
    const page = unseen();
    vi.advanceTimersByTime(5000);
    const scroll = vi.fn();
    page.region().scrollIntoView = scroll;
    expect(goTo()?.textContent).toBe("Go to cell");
    goTo()?.click();
    expect(scroll).toHaveBeenCalledOnce();
    expect(document.activeElement).toBe(page.field("User name"));
    see(page.region(), 1);
    expect(place()).toBeNull();
  });

  it("is one for each panel, in one place", () => {
    const [first, second] = [unseen("signed out", 3), unseen("awaiting authorization", 5)];
    vi.advanceTimersByTime(5000);
    expect(words()).toEqual(["Cell 3 waits for your Tiled sign-in", "Cell 5 waits for your Tiled sign-in"]);
    expect(document.title).toBe("● analysis.ipynb - JupyterLab");
    first.show(state("signed in"), { waiting: false });
    expect(words()).toEqual(["Cell 5 waits for your Tiled sign-in"]);
    expect(document.title).toBe("● analysis.ipynb - JupyterLab");
    second.show(state("signed in"), { waiting: false });
    expect([place(), document.title]).toEqual([null, "analysis.ipynb - JupyterLab"]);
  });

  it("is one, however often Python speaks and however many views there are", () => {
    const page = unseen();
    page.view();
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(4000);
      page.show(state("signed out"), { waiting: true });
    }
    expect(calls().length).toBe(1);
  });
});

describe("all of it goes", () => {
  it.each(["the wait", "the model", "the kernel", "the notebook", "being unseen"])("with %s", (end) => {
    const page = unseen();
    vi.advanceTimersByTime(5000);
    expect(calls().length).toBe(1);
    if (end === "the wait") page.show(state("signed out, cancelled"), { waiting: false });
    if (end === "the model") page.stop();
    if (end === "the kernel") page.kernel.become("restarting");
    if (end === "the notebook") page.kernel.dispose();
    if (end === "being unseen") see(page.region(), 1);
    expect([place(), document.title]).toEqual([null, "analysis.ipynb - JupyterLab"]);
  });

  it("also before it has come", () => {
    const page = unseen();
    vi.advanceTimersByTime(3000);
    page.stop();
    page.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(Sight.all.map(({ observed }) => observed.size)).toEqual([0]);
    vi.advanceTimersByTime(60_000);
    hide(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("and does not come when the notebook was closed, whose panel goes and whose cell waits on", () => {
    const page = open();
    page.show(state("signed out"), { waiting: true });
    see(page.region(), 1);
    page.kernel.dispose();
    page.close();
    vi.advanceTimersByTime(60_000);
    expect(calls()).toEqual([]);
  });

  it.each([
    ["changed", "other.ipynb - JupyterLab", "other.ipynb - JupyterLab"],
    ["added to", "(1) ● analysis.ipynb - JupyterLab", "(1) analysis.ipynb - JupyterLab"],
    ["marked in the same way", "● other", "● other"],
  ])("and leaves a title alone that somebody else has %s", (_, meanwhile, after) => {
    const page = unseen();
    vi.advanceTimersByTime(5000);
    document.title = meanwhile;
    page.show(state("signed in"), { waiting: false });
    expect(document.title).toBe(after);
  });

  it("and marks a title again that somebody has changed", () => {
    const page = unseen();
    vi.advanceTimersByTime(5000);
    document.title = "other";
    page.show(state("signed out"), { waiting: true });
    expect(document.title).toBe("● other");
    page.stop();
    expect(document.title).toBe("other");
  });

  it("and leaves a mark alone that was there before", () => {
    document.title = "● live";
    const page = unseen();
    vi.advanceTimersByTime(5000);
    page.stop();
    expect(document.title).toBe("● live");
  });
});

describe("without a view that can be shown", () => {
  const form = () => calls()[0]?.querySelector('[role="region"]');
  const named = (name: string) =>
    [...(calls()[0]?.querySelectorAll("button") ?? [])].find(({ textContent }) => textContent === name);

  /** As under %%capture: a model and no view. */
  function captured(): Page {
    const page = open();
    page.close();
    page.el.remove();
    page.show(state("signed out"), { waiting: true, cell: 14 });
    vi.advanceTimersByTime(5000);
    return page;
  }

  it("the form itself is in the card, and signs in", () => {
    const page = captured();
    expect(form()?.getAttribute("aria-label")).toBe("Tiled sign-in tiled.example.org");
    expect(named("Go to cell")).toBeUndefined();
    const [name, password] = calls()[0]?.querySelectorAll<HTMLInputElement>("label input") ?? [];
    if (!name || !password) throw new Error("no fields");
    name.value = "alice";
    password.value = "s3cret";
    named("Sign in")?.click();
    expect(page.commands()[0]?.content).toMatchObject({ type: "sign_in", username: "alice" });
    page.show(state("verifying"), { waiting: true });
    expect(form()?.querySelector('[role="status"]')?.textContent).toBe("Signing in …");
    page.show(state("signed out, wrong password"), { waiting: true });
    expect(form()?.querySelector('[role="alert"]')?.textContent).toContain("not recognised");
    page.show(state("signed in, saved"), { waiting: true });
    expect([place(), document.title, vi.getTimerCount()]).toEqual([null, "analysis.ipynb - JupyterLab", 0]);
  });

  it("the focus goes back to where it was", () => {
    const cell = document.createElement("textarea");
    document.body.append(cell);
    cell.focus();
    const page = captured();
    expect(document.activeElement).toBe(cell);
    calls()[0]?.querySelector("input")?.focus();
    page.show(state("signed in"), { waiting: false });
    expect(document.activeElement).toBe(cell);
  });

  it("the form gives way to a view that comes into sight", () => {
    const page = captured();
    const view = page.view();
    expect(calls().length).toBe(1);
    see(view.region(), 1);
    expect(place()).toBeNull();
  });

  it("a collapsed output counts as none", () => {
    const page = unseen();
    layOut(page, 0);
    vi.advanceTimersByTime(5000);
    expect(form()).not.toBeNull();
  });

  it("one that was collapsed meanwhile turns the card into the form", () => {
    const page = unseen();
    vi.advanceTimersByTime(5000);
    layOut(page, 0);
    goTo()?.click();
    expect(named("Go to cell")).toBeUndefined();
    expect(form()).not.toBeNull();
  });

  it("what stands in the card is text", () => {
    const page = open();
    page.close();
    const shown = state("signed out, session ended") as never as { reason: string };
    page.show({ ...shown, reason: "<img src=x onerror=bad()>" } as never, { waiting: true });
    vi.advanceTimersByTime(5000);
    expect(calls()[0]?.textContent).toContain("<img src=x");
    expect(calls()[0]?.querySelector("img")).toBeNull();
  });
});
