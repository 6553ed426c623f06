/** Which server? Shown for `disconnected`, and busy for `connecting`. */

import { h, unique } from "../parts/dom";
import {
  type Around,
  button,
  type Context,
  helpLink,
  isFormBusy,
  keepPlace,
  labelled,
  markBusy,
  showAlert,
  type View,
} from "../parts/view";
import type { State } from "../wire";
import { alertOf, isBusy } from "../words";

export function serverView({ draft, send }: Context): View {
  const names = h("datalist", { id: unique() });
  const address = h("input", {
    type: "text",
    name: "tiled-server",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    input: () => {
      draft.address = address.value;
    },
  });
  const failure = h("div", { class: "tiled-jupyter-alerts" });
  const connect = button("Connect", "primary");
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const help = helpLink();
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("h3", { class: "tiled-jupyter-heading" }, "Sign in to a Tiled server"),
    failure,
    labelled("Tiled server (address or saved name)", address),
    names,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      h("div", { class: "tiled-jupyter-buttons" }, connect, cancel),
      h("div", { class: "tiled-jupyter-others" }, help.element),
    ),
  );
  let given: string | undefined;
  let offered = "";
  address.value = draft.address;

  function submit(event: Event): void {
    event.preventDefault();
    if (isFormBusy(form)) return;
    // Python's cleaned address takes over from here: what was pasted may hold a key.
    draft.address = "";
    send({ type: "connect" }, new TextEncoder().encode(address.value.trim()));
  }

  function update(state: State, around: Around): void {
    if (state.kind !== "disconnected" && state.kind !== "connecting") return;
    const busy = isBusy(state);
    if (busy || (given !== state.address && !draft.address)) address.value = state.address;
    given = state.address;
    if (offered !== around.servers.join()) {
      offered = around.servers.join();
      names.replaceChildren(...around.servers.map((server) => h("option", { value: server })));
      // A list makes a field a combobox to assistive technology: only where there is something to choose.
      if (around.servers.length > 0) address.setAttribute("list", names.id);
    }
    markBusy(form, busy);
    showAlert(failure, alertOf(state), busy);
    keepPlace(cancel, !busy && !around.waiting);
    help.update(around);
  }

  return { element: form, update, field: () => address };
}
