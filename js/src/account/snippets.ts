/** How a job gets the key that was saved: a script for each kind of job, to be copied. None of them holds the key. */

import { copyText } from "../parts/clipboard";
import { h, say } from "../parts/dom";
import { button, disclosure, labelled } from "../parts/view";
import type { Snippet } from "../wire";

export function snippetChoice() {
  const select = h("select", { change: showText });
  // In the tab order, so that the keyboard reaches what is cut off.
  const text = h("pre", {
    class: "tiled-jupyter-snippet",
    role: "group",
    "aria-label": "Script",
    tabindex: "0",
  });
  const copied = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const copy = button("Copy script", "secondary", async () => {
    say(copied, "");
    say(copied, await copyText(text));
  });
  const { opener, content } = disclosure(
    "How to use it in a job",
    labelled("Kind of job", select),
    text,
    h("div", { class: "tiled-jupyter-actions" }, copy, copied),
  );
  const element = h("div", { class: "tiled-jupyter-fields", hidden: true }, opener, content);
  let all: Snippet[] = [];

  function showText(): void {
    say(text, all.find(({ name }) => name === select.value)?.text ?? "");
    say(copied, "");
  }

  function update(snippets: Snippet[]): void {
    if (JSON.stringify(snippets) === JSON.stringify(all)) return;
    all = snippets;
    element.hidden = all.length === 0;
    select.replaceChildren(...all.map(({ name }) => h("option", { value: name }, name)));
    showText();
  }

  return { element, update };
}
