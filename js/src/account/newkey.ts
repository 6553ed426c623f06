/** The form for a new key: what it is for, how long it works, what it may do. */

import { h } from "../parts/dom";
import { button, type Context, labelled } from "../parts/view";
import type { Keys, Proposal } from "../wire";
import { permissions } from "./permissions";
import { validity } from "./validity";

export function newKeyForm(context: Context) {
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
  const create = button("Create API key", "primary");
  const element = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("h4", { class: "tiled-jupyter-title" }, "New key for a job"),
    labelled("What is this key for?", purpose),
    lasts.element,
    may.element,
    h("div", { class: "tiled-jupyter-actions" }, create),
  );
  let touched = false;
  let sent = false;

  const busy = () => create.getAttribute("aria-disabled") === "true";

  function submit(event: Event): void {
    event.preventDefault();
    if (busy() || !may.isComplete()) return;
    sent = true;
    context.send({
      type: "create_key",
      note: purpose.value,
      expires_in: lasts.chosen(),
      ...lasts.ofJob(),
      scopes: may.chosen(),
      access_tags: may.limits(),
    });
  }

  /** Offer what can be made; nothing that was typed is replaced. */
  function update(keys: Keys, proposal: Proposal | null, waits: boolean): void {
    if (!touched) purpose.value = keys.note;
    lasts.update(keys, proposal);
    may.update(keys.scopes);
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
