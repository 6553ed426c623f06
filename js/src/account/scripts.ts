/** The scripts that give a job the key of a file: one for each kind of job, to be copied or saved. None holds the key. */

import { copyText } from "../parts/clipboard";
import { h, say, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import { button, type Context, labelled } from "../parts/view";
import type { Scripts, Snippet } from "../wire";

/** Which kind was looked at last, in any panel of this browser. */
const REMEMBERED = "tiled-jupyter-kind-of-job";

export function scriptChoice({ send }: Context) {
  const select = h("select", { change: choose });
  // In the tab order, so that the keyboard reaches what is cut off; the style keeps its end in sight.
  const text = h("pre", {
    class: "tiled-jupyter-snippet",
    role: "group",
    "aria-label": "Script",
    tabindex: "0",
  });
  const done = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const save = button("", "secondary", () => saveAs(false));
  const replace = button("Replace", "secondary", () => {
    other.ask(false);
    saveAs(true);
  });
  for (const each of [save, replace]) each.dataset.starts = "";
  const other = question(
    "Replace the file",
    button("", "quiet", () => undefined),
    [replace],
    "Keep",
  );
  const copy = button("Copy script", "secondary", async () => {
    say(done, "");
    say(done, await copyText(text));
  });
  const element = h(
    "div",
    { class: "tiled-jupyter-fields", hidden: true },
    labelled("Kind of job", select),
    text,
    other.element,
    h("div", { class: "tiled-jupyter-actions" }, save, copy, done),
  );
  let all: Snippet[] = [];
  let kind = "";
  // Whether this page has asked to save one; and what has come of it last, whoever asked.
  let asked = false;
  let last = "null";

  function choose(): void {
    kind = select.value;
    try {
      localStorage.setItem(REMEMBERED, kind);
    } catch {
      // Some pages have no storage: it is remembered as long as the panel is there.
    }
    show();
  }

  function show(): void {
    const shown = all.find((each) => each.kind === select.value);
    say(text, shown?.text ?? "");
    text.scrollTop = 0;
    say(done, "");
    other.drop();
    sayOrHide(save, shown?.save_as ? `Save as ${shown.save_as}` : "");
  }

  function saveAs(replace: boolean): void {
    asked = true;
    say(done, "");
    send({ type: "save_script", kind: select.value, replace });
  }

  function update(scripts: Scripts | null): void {
    const snippets = scripts?.snippets ?? [];
    element.hidden = snippets.length === 0;
    if (JSON.stringify(snippets) !== JSON.stringify(all)) {
      all = snippets;
      select.replaceChildren(...all.map(({ kind, name }) => h("option", { value: kind }, name)));
      select.value =
        [kind || remembered(), all[0]?.kind].find((each) => all.some((s) => s.kind === each)) ?? "";
      show();
    }
    const saved = scripts?.saved ?? null;
    if (JSON.stringify(saved) === last) return;
    last = JSON.stringify(saved);
    other.drop();
    if (saved?.kind !== select.value) return;
    if (!saved.exists) say(done, `Saved as ${saved.path}`);
    else if (asked) {
      say(other.text, `${saved.path} exists, and is another file. Replace it?`);
      other.ask(true, save);
    }
    asked = false;
  }

  return { element, update };
}

function remembered(): string {
  try {
    return localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    return "";
  }
}
