/** A page that shows a panel for a day: it holds no more at the end, and says no more than it is asked. */

import { describe, expect, it, vi } from "vitest";
import type { AwaitingAuthorization } from "../src/wire";
import { open, state } from "./page";

const HOURS = 24;
const CODES = 6; // an hour
const PING = 10; // seconds

describe("a day of codes that nobody approves", () => {
  it("leaves listeners, timers and elements as they were after an hour, and answers pings", () => {
    vi.useFakeTimers();
    vi.setSystemTime(0);
    const added = vi.spyOn(document, "addEventListener");
    const removed = vi.spyOn(document, "removeEventListener");
    const example = state("awaiting authorization") as AwaitingAuthorization;
    const page = open();
    let now = 1790000000;
    let pings = 0;

    function hour(): void {
      for (let code = 0; code < CODES; code++) {
        const life = 3600 / CODES;
        const waiting = {
          ...example,
          code: { ...example.code, user_code: `CODE-${code}`, deadline: now + life },
        };
        for (let gone = 0; gone < life; gone += PING) {
          // Its server is in trouble now and then.
          const trouble = gone % 60 ? null : "The server is away.";
          page.show({ ...waiting, trouble }, { now, waiting: true });
          page.hear({ type: "ping", transport: "shell", comm: "comm" });
          pings += 1;
          vi.advanceTimersByTime(PING * 1000);
          now += PING;
        }
        page.show(state("signed out, code expired"), { now, waiting: true });
      }
    }

    const held = () => ({
      elements: document.querySelectorAll("*").length,
      timers: vi.getTimerCount(),
      listeners: page.listeners.size + page.kernel.listeners,
      "listeners of the document": added.mock.calls.length - removed.mock.calls.length,
    });

    hour();
    const before = held();
    for (let hours = 1; hours < HOURS; hours++) hour();
    expect(held()).toEqual(before);
    expect(page.sent.filter(({ content }) => content.type === "pong")).toHaveLength(pings);
    expect(page.commands()).toEqual([]);
  }, 120_000);
});
