/** Who is signed in, and the way out, for `signed_in`. */

import { h, say, unique } from "../dom";
import type { SignedIn, State } from "../wire";
import { button, type Context, type View } from "./view";

export function accountView({ send }: Context): View {
  const provenance = h("p", { class: "tiled-jupyter-subtle" });
  const memory = h("p", { class: "tiled-jupyter-subtle" }, "For this notebook only: nothing is stored.");
  const acting = h("p", { class: "tiled-jupyter-subtle" });
  const signOut = button("Sign out", "secondary", () => ask(true));

  const consequence = h("p", { id: unique() });
  const here = button("Only this notebook", "secondary", () => leave(false));
  const everywhere = button("Everywhere on this account", "secondary", () => leave(true));
  const stay = button("Stay", "secondary", () => ask(false));
  const confirmation = h(
    "div",
    {
      class: "tiled-jupyter-confirmation",
      role: "group",
      tabindex: "-1",
      "aria-label": "Sign out",
      "aria-describedby": consequence.id,
      hidden: true,
      keydown: (event: KeyboardEvent) => {
        if (event.key === "Escape") ask(false);
      },
    },
    consequence,
    h("div", { class: "tiled-jupyter-actions" }, here, everywhere, stay),
  );
  const element = h(
    "div",
    { class: "tiled-jupyter-account" },
    h("div", { class: "tiled-jupyter-details" }, provenance, memory, acting),
    signOut,
    confirmation,
  );
  let leaving = false;

  /** Open or close the question. The focus goes to the question, not to an answer: Enter twice is harmless. */
  function ask(open: boolean): void {
    if (leaving) return;
    confirmation.hidden = !open;
    signOut.hidden = open;
    (open ? confirmation : signOut).focus();
  }

  function leave(all: boolean): void {
    if (leaving) return;
    markLeaving(true);
    send({ type: "sign_out", everywhere: all });
  }

  function markLeaving(now: boolean): void {
    leaving = now;
    for (const each of [here, everywhere, stay]) each.setAttribute("aria-disabled", String(now));
  }

  function update(state: State): void {
    if (state.kind !== "signed_in") return;
    markLeaving(false);
    const { identity, method } = state;
    const from = identity?.provider ? `${identity.provider}: ${identity.id} · ` : "";
    say(provenance, `${from}${state.provenance}`);
    memory.hidden = state.remembered;
    say(
      acting,
      `Anyone who can run cells here acts ${identity ? `as ${identity.id}` : "with this API key"}.`,
    );
    say(consequence, consequenceOf(state));
    everywhere.hidden = method === "api_key";
    signOut.classList.toggle("tiled-jupyter-primary", !state.remembered);
    signOut.classList.toggle("tiled-jupyter-secondary", state.remembered);
  }

  return { element, update, field: () => null };
}

/** What signing out ends, and what it does not. */
function consequenceOf({ method, api_keys: keys }: SignedIn): string {
  if (method === "api_key") return "The API key itself keeps working.";
  const kept = keys ? ` Your ${keys === 1 ? "API key keeps" : `${keys} API keys keep`} working.` : "";
  return `“Everywhere” also ends your sign-in in other notebooks and terminals of this account.${kept}`;
}
