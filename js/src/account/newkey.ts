/** The form for a new key: what it is for, how long it works, what it may do, and where it goes. */

import { whyNoCopy } from "../parts/clipboard";
import { h } from "../parts/dom";
import { button, type Context, labelled } from "../parts/view";
import type { Keys, Proposal } from "../wire";
import { permissions } from "./permissions";
import { validity } from "./validity";

/** `copyNext` is called in the click that makes a key to be copied. */
export function newKeyForm(context: Context, copyNext: () => void) {
  const purpose = h("input", {
    type: "text",
    autocomplete: "off",
    maxlength: "255",
    input: () => {
      touched = true;
    },
  });
  const lasts = validity(context);
  const may = permissions();
  const save = button("Create and save", "primary");
  const copy = button("Create and copy", "secondary", () => {
    if (create("clipboard")) copyNext();
  });
  const use = button("Create and use here", "secondary", () => create("kernel"));
  for (const each of [copy, use]) each.dataset.starts = "";
  const element = h(
    "form",
    {
      class: "tiled-jupyter-form",
      submit: (event: Event) => {
        event.preventDefault();
        create("file");
      },
    },
    labelled("What is this key for?", purpose),
    lasts.element,
    may.element,
    h("div", { class: "tiled-jupyter-actions" }, save, copy, use),
  );
  let touched = false;
  let sent = false;

  /** Ask for a key, unless that is under way or the key could do nothing. */
  function create(keep_in: "file" | "clipboard" | "kernel"): boolean {
    if (save.getAttribute("aria-disabled") === "true" || !may.isComplete()) return false;
    sent = true;
    context.send({
      type: "create_key",
      note: purpose.value,
      expires_in: lasts.chosen(),
      ...lasts.ofJob(),
      scopes: may.chosen(),
      access_tags: may.limits(),
      keep_in,
    });
    return true;
  }

  /** Offer what can be made; nothing that was typed is replaced. */
  function update(keys: Keys, proposal: Proposal | null, waits: boolean): void {
    if (!touched) purpose.value = keys.note;
    lasts.update(keys, proposal);
    may.update(keys.scopes);
    copy.hidden = !keys.allow_copy || whyNoCopy(context.control()) !== "";
    sent = sent && waits;
    element.setAttribute("aria-busy", String(sent));
  }

  /** Begin anew: the key that was asked for is made. */
  function reset(): void {
    touched = false;
    lasts.reset();
    may.reset();
  }

  return { element, update, reset };
}
