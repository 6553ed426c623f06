/** The tab *API keys*: the key that was just made or the form for one, and the list. */

import { h, say, sayOrHide } from "../parts/dom";
import { section } from "../parts/section";
import { type Around, button, type Context, note } from "../parts/view";
import type { State } from "../wire";
import { keyList } from "./keylist";
import { madeKey } from "./madekey";
import { newKeyForm } from "./newkey";

const FULL = "This account has as many keys as it may have. Delete one first, then make another.";

export function keysView(context: Context) {
  const made = madeKey(context);
  const form = newKeyForm(context);
  const list = keyList(context);
  const full = note();
  const unavailable = h("p");
  const staleFiles = h("p");
  const remove = button("Remove these files", "secondary", () =>
    context.send({ type: "delete_stale_files" }),
  );
  remove.dataset.starts = "";
  const stale = h("div", { class: "tiled-jupyter-stale", hidden: true }, staleFiles, remove);
  const content = h(
    "div",
    { class: "tiled-jupyter-section" },
    made.element,
    unavailable,
    full,
    form.element,
    list.element,
    stale,
  );
  const tab = section("Reading your keys …", content, () => context.send({ type: "show_keys" }));
  // Which key is in sight.
  let shown: string | undefined;

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    const { keys, made: key, proposal, busy, keys_failure } = state.account;
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
      form.update(keys, proposal, busy);
      list.update(keys.rows, keys.of_limit, around.ahead);
      const files = keys.stale_files;
      stale.hidden = files.length === 0;
      say(staleFiles, `Key files on this computer whose keys no longer work: ${files.join(", ")}`);
      return key ? made.element : content;
    });
  }

  return { element: tab.element, open: tab.open, update };
}
