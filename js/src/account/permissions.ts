/** What a new key may do, in plain words, and which data it is limited to. */

import { h, say, sayOrHide, unique } from "../parts/dom";
import { disclosure, labelled, subtle } from "../parts/view";
import type { Scope } from "../wire";
import { NOT_EVERYWHERE } from "./keylist";

const AT_FIRST = ["read:metadata", "read:data"];
const ALL = "inherit";
const NO_LIMIT = "A key that may do everything you may cannot be limited.";

export function permissions() {
  const legend = h("span", { id: unique(), class: "tiled-jupyter-legend" }, "This key may");
  const boxes = h("div", { class: "tiled-jupyter-boxes" });
  const group = h(
    "div",
    { role: "group", class: "tiled-jupyter-may", "aria-labelledby": legend.id },
    legend,
    boxes,
  );
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" }, NOT_EVERYWHERE);
  const tags = h("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "names of tags, with commas between them",
    "aria-describedby": help.id,
  });
  const more = disclosure("More", labelled("Limit to tagged data", tags), help);
  const missing = subtle();
  const element = h("div", { class: "tiled-jupyter-fields" }, group, missing, more.opener, more.content);
  let offered = "";
  const inputs = () => [...boxes.querySelectorAll("input")];

  function box({ name, words, description, dangerous }: Scope): HTMLElement {
    const input = h("input", { type: "checkbox", value: name, change: () => settle(input) });
    input.checked = AT_FIRST.includes(name);
    const mark = h("span", { class: "tiled-jupyter-mark" }, "careful");
    // The words first: they are the name of the box.
    return h(
      "label",
      { class: "tiled-jupyter-option", title: description },
      input,
      h("span", {}, words, ...(dangerous ? [" ", mark] : [])),
    );
  }

  /** Everything leaves nothing to choose beside it, and cannot be limited. */
  function settle(changed?: HTMLInputElement): void {
    const all = inputs().find(({ value }) => value === ALL);
    if (changed?.checked)
      for (const each of inputs()) if ((each === all) !== (changed === all)) each.checked = false;
    tags.disabled = all?.checked ?? false;
    say(help, tags.disabled ? NO_LIMIT : NOT_EVERYWHERE);
    if (chosen().length > 0) sayOrHide(missing, "");
  }

  function update(scopes: Scope[]): void {
    const next = JSON.stringify(scopes);
    if (offered === next) return;
    offered = next;
    boxes.replaceChildren(...scopes.map(box));
    settle();
  }

  function reset(): void {
    for (const each of inputs()) each.checked = AT_FIRST.includes(each.value);
    tags.value = "";
    settle();
  }

  function chosen(): string[] {
    return inputs()
      .filter(({ checked }) => checked)
      .map(({ value }) => value);
  }

  /** Whether anything is chosen; says so where nothing is. */
  function isComplete(): boolean {
    sayOrHide(missing, chosen().length > 0 ? "" : "Tick at least one thing that the key may do.");
    if (missing.hidden) return true;
    inputs()[0]?.focus();
    return false;
  }

  const limits = () =>
    tags.disabled
      ? []
      : tags.value
          .split(",")
          .map((tag) => tag.trim())
          .filter((tag) => tag !== "");
  return { element, update, reset, chosen, limits, isComplete };
}
