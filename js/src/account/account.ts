/** Who is signed in, for how long, and the way out, for `signed_in`. */

import { h, say, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import { type Around, button, type Context, helpLink, subtle, type View } from "../parts/view";
import type { Command, SignedIn, State } from "../wire";
import { lasting, nameOf } from "../words";

export function accountView({ send }: Context): View {
  const provenance = subtle();
  const until = subtle();
  const memory = subtle("For this notebook only: nothing is stored.");
  const acting = subtle();
  const here = button("Only this notebook", "primary", () => leave(false));
  const everywhere = button("Everywhere on this account", "secondary", () => leave(true));
  const signOut = button("Sign out", "secondary", () => undefined);
  const confirmation = question("Sign out", signOut, [here, everywhere], "Cancel");
  const sure = h("p", { class: "tiled-jupyter-title" });
  confirmation.element.prepend(sure);
  const stranger = button("Not you?", "quiet", () => leave(false));
  const why = button("Why can I not see my data?", "quiet", () => send({ type: "explain_access" }));
  why.dataset.starts = "";
  const answer = h("div", { class: "tiled-jupyter-answer", "aria-live": "polite" });
  const help = helpLink();
  const instead = button("Sign in with your account instead", "quiet", () => end({ type: "set_key_aside" }));
  const element = h(
    "div",
    { class: "tiled-jupyter-account" },
    h("div", { class: "tiled-jupyter-details" }, provenance, until, memory, acting, instead),
    h("div", { class: "tiled-jupyter-others" }, why, help.element),
    answer,
    // Last, so that nothing moves when the question takes its place.
    signOut,
    confirmation.element,
  );
  let leaving = false;
  let answered: string | null = null;

  function leave(everywhere: boolean): void {
    end({ type: "sign_out", everywhere });
  }

  function end(command: Command): void {
    if (!leaving) send(command);
    markLeaving(true);
  }

  function markLeaving(now: boolean): void {
    leaving = now;
    for (const each of [stranger, ...element.querySelectorAll("button")])
      each.setAttribute("aria-disabled", String(now));
  }

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    markLeaving(false);
    const { identity, method, server } = state;
    const isKey = method === "api_key";
    const name = nameOf(identity, "");
    const from = identity?.provider ? `${identity.provider}: ${nameOf(identity, "")} · ` : "";
    sayOrHide(provenance, `${from}${state.provenance}`);
    sayOrHide(until, lasting(state, around.ahead));
    const sentences = state.account.access?.split("\n") ?? [];
    if (answered !== state.account.access)
      answer.replaceChildren(...sentences.map((sentence) => h("p", {}, sentence)));
    answered = state.account.access;
    help.update(around);
    memory.hidden = state.remembered;
    sayOrHide(
      acting,
      `Anyone who can run cells here acts ${name ? `as ${name}` : isKey ? "with this API key" : "with this sign-in"}.`,
    );
    say(sure, `Sign out of ${server.host}?`);
    say(confirmation.text, consequenceOf(state));
    everywhere.hidden = isKey;
    stranger.hidden = method !== "saved";
    instead.hidden = !isKey || server.providers.length === 0;
    signOut.classList.toggle("tiled-jupyter-primary", !state.remembered);
    signOut.classList.toggle("tiled-jupyter-secondary", state.remembered);
  }

  return { element, aside: stranger, update, field: () => null };
}

/** What signing out ends, and what it does not. */
function consequenceOf({ method, api_keys: keys }: SignedIn): string {
  if (method === "api_key") return "The API key itself keeps working.";
  const kept = keys ? ` Your ${keys === 1 ? "API key keeps" : `${keys} API keys keep`} working.` : "";
  return `“Everywhere” also ends this sign-in for the notebooks and terminals that share it, if the server lets it.${kept}`;
}
