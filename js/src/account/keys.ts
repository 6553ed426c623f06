/** The tab *API keys*: the key that was just made, or one with its scripts, or the form for one; and the list. */

import { h, say, sayOrHide } from "../parts/dom";
import { section } from "../parts/section";
import { type Around, button, type Context, note } from "../parts/view";
import type { State } from "../wire";
import { keyCard } from "./keycard";
import { keyList } from "./keylist";
import { newKeyForm } from "./newkey";

const FULL = "This account has as many keys as it may have. Delete one first, then make another.";

export function keysView(context: Context) {
  const key = keyCard(context);
  const form = newKeyForm(context, key.copyNext);
  const list = keyList(context, (first_eight) => {
    asked = first_eight;
    context.send({ type: "show_scripts", first_eight });
  });
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
    key.told,
    key.element,
    unavailable,
    full,
    form.element,
    list.element,
    stale,
  );
  const tab = section("Reading your keys …", content, () => context.send({ type: "show_keys" }));
  // Whose key's scripts were asked for, and are not there yet.
  let asked = "";
  // Which key was in sight last.
  let last = "";

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    const { keys, made, scripts, proposal, busy, keys_failure } = state.account;
    tab.update(keys !== null, busy, keys_failure);
    if (!keys) return;
    tab.keepFocus(() => {
      const isOther = key.update(made, scripts, keys.allow_copy, busy);
      if (isOther && made) form.reset();
      const isShown = made !== null || scripts !== null;
      sayOrHide(unavailable, keys.unavailable ?? "");
      sayOrHide(full, keys.full && !isShown && !keys.unavailable ? FULL : "");
      form.element.hidden = isShown || keys.full || keys.unavailable !== null;
      form.update(keys, proposal, busy);
      list.update(keys.rows, keys.of_limit, around.ahead, made === null);
      const files = keys.stale_files;
      stale.hidden = files.length === 0;
      say(staleFiles, `Key files on this computer whose keys no longer work: ${files.join(", ")}`);
      const next = isShown ? key.element : (list.scriptsOf(last) ?? content);
      last = made?.first_eight ?? scripts?.first_eight ?? "";
      return next;
    });
    if (asked && scripts?.first_eight === asked) key.element.focus();
    if (asked === last || keys_failure) asked = "";
  }

  return { element: tab.element, open: tab.open, update };
}
