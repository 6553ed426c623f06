/** The tabs of `signed_in`: who that is, their API keys, their sign-ins. */

import { h } from "../parts/dom";
import { tabs } from "../parts/tabs";
import type { Around, Context, View } from "../parts/view";
import type { State } from "../wire";
import { accountView } from "./account";
import { keysView } from "./keys";
import { signInsView } from "./signins";

const KEYS = 1;

export function signedInView(context: Context): View {
  const account = accountView(context);
  const keys = keysView(context);
  const signIns = signInsView(context);
  const sections = [
    { name: "Account", panel: h("div", {}, account.element), opened: () => undefined },
    { name: "API keys", panel: h("div", {}, keys.element), opened: keys.open },
    { name: "Sign-ins", panel: h("div", {}, signIns.element), opened: signIns.open },
  ];
  const list = tabs("Account and keys", sections);
  let shown = false;

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    account.update(state, around);
    keys.update(state, around);
    signIns.update(state, around);
    // A page that was loaded again shows the key that would otherwise be forgotten.
    if (!shown && state.account.made) list.select(KEYS);
    shown = true;
  }

  const element = h(
    "div",
    { class: "tiled-jupyter-signed-in" },
    list.element,
    ...sections.map(({ panel }) => panel),
  );
  return {
    element,
    ...(account.aside && { aside: account.aside }),
    update,
    field: () => null,
  };
}
