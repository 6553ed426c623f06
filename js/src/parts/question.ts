/** A question with its answers, in place of the button that asked. */

import { h, unique } from "./dom";
import { button } from "./view";

export interface Question {
  element: HTMLElement;
  text: HTMLElement;
  opener: HTMLButtonElement;
  /**
   * Open or close it; the focus goes to the question, not to an answer: Enter twice is harmless. In a list
   * each row has its opener.
   */
  ask(open: boolean, opener?: HTMLButtonElement): void;
  /** Close it without a word, where what it asked about has changed. */
  drop(): void;
}

export function question(
  name: string,
  first: HTMLButtonElement,
  answers: HTMLButtonElement[],
  back: string,
): Question {
  let opener = first;
  const text = h("p", { id: unique() });
  const element = h(
    "div",
    {
      class: "tiled-jupyter-question",
      role: "group",
      tabindex: "-1",
      "aria-label": name,
      "aria-describedby": text.id,
      hidden: true,
      keydown: (event: KeyboardEvent) => {
        if (event.key === "Escape") ask(false);
      },
    },
    text,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      ...answers,
      button(back, "secondary", () => ask(false)),
    ),
  );
  first.addEventListener("click", () => ask(true, first));

  function ask(open: boolean, from = opener): void {
    if (from.getAttribute("aria-disabled") === "true") return;
    if (from !== opener) set(false);
    opener = from;
    set(open);
    (open ? element : opener).focus();
  }

  function set(open: boolean): void {
    element.hidden = !open;
    opener.hidden = open;
  }

  return { element, text, opener: first, ask, drop: () => set(false) };
}
