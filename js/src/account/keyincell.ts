/** A key of the person's own that is written in a cell, for `key_in_cell`: revoked here, after a question. */

import { h, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import { button, type Context, markBusy, showAlert, subtle, type View } from "../parts/view";
import type { State } from "../wire";
import { alertOf } from "../words";

const SURE = "Revoke this key? Whatever uses it stops working, and it cannot be undone.";

export function keyInCellView({ send }: Context): View {
  const purpose = subtle();
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const opener = button("Revoke this key now", "secondary", () => undefined);
  const confirm = button("Revoke", "secondary", () => {
    sure.ask(false);
    send({ type: "delete_keys", first_eights: [first_eight] });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const sure = question("Revoke this key", opener, [confirm], "Keep");
  sure.text.textContent = SURE;
  const act = h("div", {}, opener, sure.element);
  const element = h("div", { class: "tiled-jupyter-section" }, purpose, alerts, act);
  let first_eight = "";

  function update(state: State): void {
    if (state.kind !== "key_in_cell") return;
    first_eight = state.first_eight;
    sayOrHide(purpose, state.note ? `It was made for: ${state.note}` : "");
    showAlert(alerts, alertOf(state), state.busy);
    act.hidden = state.revoked !== null;
    markBusy(element, state.busy);
  }

  return { element, update, field: () => null };
}
