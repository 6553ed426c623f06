/** The tab *API keys*: the key that was just made or the form for one, and the list. */

import { h, sayOrHide } from "../dom";
import type { State } from "../wire";
import { keyList } from "./keylist";
import { madeKey } from "./madekey";
import { newKeyForm } from "./newkey";
import { section } from "./section";
import { type Around, type Context, note } from "./view";

const FULL = "This account has as many keys as it may have. Delete one first, then make another.";

export function keysView(context: Context) {
  const made = madeKey(context);
  const form = newKeyForm(context);
  const list = keyList(context);
  const full = note();
  const unavailable = h("p");
  const content = h(
    "div",
    { class: "tiled-jupyter-section" },
    made.element,
    unavailable,
    full,
    form.element,
    list.element,
  );
  const tab = section("Reading your keys …", content, () => context.send({ type: "show_keys" }));
  // Which key is in sight.
  let shown: string | undefined;

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    const { keys, made: key, busy, keys_failure } = state.account;
    tab.update(keys !== null, busy, keys_failure);
    if (!keys) return;
    tab.keepFocus(() => {
      const arrived = key !== null && key.first_eight !== shown;
      if (arrived) form.reset();
      shown = key?.first_eight;
      made.update(key, keys.allow_copy, around.ahead);
      sayOrHide(unavailable, keys.unavailable ?? "");
      sayOrHide(full, keys.full && !key && !keys.unavailable ? FULL : "");
      form.element.hidden = key !== null || keys.full || keys.unavailable !== null;
      form.update(keys, busy);
      list.update(keys.rows, keys.of_limit, around.ahead);
      return key ? made.element : content;
    });
  }

  return { element: tab.element, open: tab.open, update };
}
