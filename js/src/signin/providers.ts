/** Which of a server's ways to sign in: a radio group where there are several. */

import { h, unique } from "../parts/dom";
import type { Draft } from "../parts/view";
import type { Provider, SignedOut } from "../wire";

/** The provider that is selected: what the person chose, else what suits the occasion, else the last one used. */
export function chosen(form: SignedOut, draft: Draft, exposed: boolean): Provider | undefined {
  const { providers, preferred } = form.server;
  const usable = providers.filter((provider) => refusalOf(provider) === "");
  const named = (name: string | null | undefined, among = providers) =>
    among.find((provider) => provider.name === name);
  return (
    named(draft.provider) ??
    named(form.expected?.provider) ??
    (exposed ? usable.find(({ mode }) => mode === "external") : undefined) ??
    named(preferred, usable) ??
    usable[0] ??
    providers[0]
  );
}

/** Why there is no form for this provider; empty where there is one. */
export function refusalOf({ name, mode, refusal }: Provider): string {
  if (refusal) return refusal;
  return mode === "internal" || mode === "external"
    ? ""
    : `This panel cannot sign in with ${name}. Choose another way, or use an API key.`;
}

export function providerChoice(draft: Draft, isBusy: () => boolean, changed: () => void) {
  const legend = h("span", { id: unique(), class: "tiled-jupyter-legend" }, "Sign in with");
  const choices = h("div", { class: "tiled-jupyter-radios" });
  const element = h(
    "div",
    { class: "tiled-jupyter-providers", role: "radiogroup", "aria-labelledby": legend.id },
    legend,
    choices,
  );
  const group = unique();
  let offered = "";

  function radio({ name }: Provider): HTMLElement {
    const input = h("input", {
      type: "radio",
      name: group,
      value: name,
      change: () => {
        // While one is asked the choice is settled, and shown again.
        if (!isBusy()) draft.provider = name;
        changed();
      },
    });
    return h("label", { class: "tiled-jupyter-option" }, input, h("span", {}, name));
  }

  function update(providers: Provider[], selected: Provider | undefined): void {
    const names = JSON.stringify(providers.map(({ name }) => name));
    if (offered !== names) choices.replaceChildren(...providers.map(radio));
    offered = names;
    for (const input of choices.querySelectorAll("input")) input.checked = input.value === selected?.name;
  }

  return { element, update };
}
