/** What a new key may do, in plain words: what nearly every job needs at first sight, the rest and a limit folded. */

import { h, say, sayOrHide, unique } from "../parts/dom";
import { disclosure, labelled, subtle } from "../parts/view";
import type { Scope } from "../wire";
import { NOT_EVERYWHERE } from "./keylist";

const AT_FIRST = ["read:metadata", "read:data"];
const ALL = "inherit";
const NO_LIMIT = "A key that may do everything you may cannot be limited.";
const CAREFUL = "Careful: whoever finds the key may do this too.";
const MORE = "More permissions";

export function permissions() {
  const legend = h("span", { id: unique(), class: "tiled-jupyter-legend" }, "This key may");
  const usual = h("div", { class: "tiled-jupyter-boxes" });
  const harmless = h("div", { class: "tiled-jupyter-boxes" });
  const careful = subtle(CAREFUL);
  const dangerous = h("div", { class: "tiled-jupyter-boxes" });
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" }, NOT_EVERYWHERE);
  const tags = h("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "tags, with commas",
    "aria-describedby": help.id,
  });
  const missing = subtle();
  const more = disclosure(MORE, harmless, careful, dangerous, labelled("Limit to tagged data", tags), help);
  const element = h(
    "div",
    { class: "tiled-jupyter-fields", role: "group", "aria-labelledby": legend.id },
    h("div", { class: "tiled-jupyter-may" }, legend, usual),
    missing,
    more.opener,
    more.content,
  );
  let offered = "";
  const inputs = () => [...element.querySelectorAll<HTMLInputElement>("[type=checkbox]")];

  function box({ name, words, description }: Scope): HTMLElement {
    const input = h("input", { type: "checkbox", value: name, change: () => settle(input) });
    input.checked = AT_FIRST.includes(name);
    return h("label", { class: "tiled-jupyter-option", title: description }, input, h("span", {}, words));
  }

  /** Everything leaves nothing to choose beside it, and cannot be limited. */
  function settle(changed?: HTMLInputElement): void {
    const all = inputs().find(({ value }) => value === ALL);
    if (changed?.checked)
      for (const each of inputs()) if ((each === all) !== (changed === all)) each.checked = false;
    tags.disabled = all?.checked ?? false;
    say(help, tags.disabled ? NO_LIMIT : NOT_EVERYWHERE);
    const folded = chosen().filter((name) => !AT_FIRST.includes(name)).length;
    say(more.opener, folded > 0 ? `${MORE} (${folded})` : MORE);
    if (chosen().length > 0) sayOrHide(missing, "");
  }

  function update(scopes: Scope[]): void {
    const next = JSON.stringify(scopes);
    if (offered === next) return;
    offered = next;
    const isUsual = ({ name }: Scope) => AT_FIRST.includes(name);
    usual.replaceChildren(...scopes.filter(isUsual).map(box));
    const others = scopes.filter((scope) => !isUsual(scope));
    harmless.replaceChildren(...others.filter((scope) => !scope.dangerous).map(box));
    dangerous.replaceChildren(...others.filter((scope) => scope.dangerous).map(box));
    careful.hidden = !dangerous.firstChild;
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
    (inputs()[0]?.checkVisibility?.() === false ? more.opener : inputs()[0])?.focus();
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
