/** The code comes once, and what Python says to a panel before it listens is not lost. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import code from "../src/code";
import { early } from "../src/early";
import loader from "../src/loader";
import makePanel from "../src/panel";
import type { StateMessage } from "../src/wire";
import { state, surroundings } from "./page";

const SCRIPT = "export default () => globalThis.makePanelOfTheTest()";
const made = vi.fn(makePanel);

/** A model as anywidget hands it out. */
function aModel(traits: Record<string, unknown>, models: Record<string, unknown> = {}) {
  const listeners = new Set<(message: unknown) => void>();
  const sent: string[] = [];
  return {
    sent,
    hear: (message: unknown) => {
      for (const listener of listeners) listener(message);
    },
    listeners,
    get: (name: string) => traits[name],
    on: (_: string, callback: (message: unknown) => void) => listeners.add(callback),
    off: (_: string, callback: (message: unknown) => void) => listeners.delete(callback),
    send: ({ type }: { type: string }) => sent.push(type),
    widget_manager: {
      get_model: async (id: string) => models[id] ?? Promise.reject(new Error("widget model not found")),
    },
  };
}

const codeModel = aModel({ script: SCRIPT });
const forget: (() => void)[] = [];

function aPanel(panel_id: string, models: Record<string, unknown> = { code: codeModel }) {
  const model = aModel({ code: "IPY_MODEL_code", panel_id, inactive: true }, models);
  const widget = loader();
  // biome-ignore lint/suspicious/noExplicitAny: a part of the model is enough
  const close = widget.initialize({ model: model as any });
  const el = document.createElement("div");
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const shown = widget.render({ model: model as any, el });
  forget.push(close);
  return { model, el, shown, close };
}

function told(): StateMessage {
  return { ...surroundings(), type: "state", state: state("signed out") };
}

beforeEach(() => {
  vi.stubGlobal("makePanelOfTheTest", made);
  vi.spyOn(URL, "createObjectURL").mockReturnValue(`data:text/javascript,${encodeURIComponent(SCRIPT)}`);
  // biome-ignore lint/suspicious/noExplicitAny: as above
  forget.push(code.initialize({ model: codeModel as any }));
});

afterEach(() => {
  for (const each of forget.splice(0)) each();
  early().modules.clear();
  early().messages.clear();
});

describe("the panel's code", () => {
  it("is loaded once for all panels of a page, and each has a panel of its own", async () => {
    const [one, two] = [aPanel("one"), aPanel("two")];
    await Promise.all([one.shown, two.shown]);
    expect(URL.createObjectURL).toHaveBeenCalledTimes(1);
    expect(made).toHaveBeenCalledTimes(2);
  });

  it("that cannot be had is said, and closing the panel is no further fault", async () => {
    const said = vi.spyOn(console, "error").mockReturnValue();
    const { shown, close } = aPanel("alone", {});
    await expect(shown).rejects.toThrow("widget model not found");
    expect(said).toHaveBeenCalledOnce();
    close();
  });
});

describe("what was said before the panel listens", () => {
  it("is shown, and the page goes on to ask until it is heard", async () => {
    codeModel.hear({ panel: "late", message: { ...told(), state: state("connecting") } });
    codeModel.hear({ panel: "late", message: told() });
    codeModel.hear({ panel: "another", message: told() });
    vi.useFakeTimers();
    const { model, el, shown } = aPanel("late");
    await shown;
    expect(el.querySelector("input[name=username]")).not.toBeNull();
    expect(model.sent).toEqual(["alive", "ready"]);
    vi.advanceTimersByTime(1000);
    expect(model.sent.length).toBeGreaterThan(2);
  });

  it("is not kept for a panel that listens, nor after its end", async () => {
    codeModel.hear({ panel: "open", message: told() });
    const { shown, close } = aPanel("open");
    await shown;
    codeModel.hear({ panel: "open", message: told() });
    expect(early().messages.get("open")).toBeNull();
    close();
    expect(early().messages.has("open")).toBe(false);
  });

  it("is heard no more when the kernel's model is closed", () => {
    forget.pop()?.();
    expect(codeModel.listeners.size).toBe(0);
  });
});
