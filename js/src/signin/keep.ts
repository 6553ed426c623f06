/** Whether the next notebook is signed in too: asked, or settled by the settings and said. */

import { h, say, sayOrHide, unique } from "../parts/dom";
import { type Draft, subtle } from "../parts/view";
import type { Surroundings } from "../wire";

const EVERYONE = "for everyone who uses this computer account";
const HERE_ONLY = "this notebook only: nothing is stored";
const DECIDED = {
  ask: "",
  always: "You will stay signed in on this computer account.",
  never: "Your sign-in will be for this notebook only: nothing is stored.",
};

export function keepChoice(draft: Draft, isBusy: () => boolean) {
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" });
  const keep = h("input", {
    type: "checkbox",
    name: "remember",
    "aria-describedby": help.id,
    click: (event: Event) => {
      if (isBusy()) event.preventDefault();
    },
    change: () => {
      draft.remember = keep.checked;
      sayHelp();
    },
  });
  const choice = h(
    "div",
    { class: "tiled-jupyter-choice" },
    h("label", { class: "tiled-jupyter-option" }, keep, h("span", {}, "Keep me signed in")),
    help,
  );
  const decided = subtle();
  let remember: Surroundings["remember"] = "ask";
  keep.checked = draft.remember;

  function sayHelp(): void {
    say(help, keep.checked ? EVERYONE : HERE_ONLY);
  }

  function update(setting: Surroundings["remember"]): void {
    remember = setting;
    choice.hidden = remember !== "ask";
    sayOrHide(decided, DECIDED[remember]);
    sayHelp();
  }

  const wanted = () => (remember === "ask" ? keep.checked : remember === "always");
  return { elements: [choice, decided], update, wanted };
}
