/**
 * A prompt that nobody sees: a small card at the edge of the page, and a mark in the tab's title.
 *
 * For one model. Several models are several modules, so what they share, the place of the cards and the mark,
 * stands in the document.
 */

import type { Card, Heard } from "./card";
import { h } from "./parts/dom";
import { button } from "./parts/view";
import { needsPerson } from "./words";

const PATIENCE = 5000;
// What becomes transparent where it stands is told by no observer.
const LOOK = 1000;
const MARK = "● ";
const PLACE = "tiled-jupyter-attention";

export interface Attention {
  /** What is the case; nothing once the kernel is gone. */
  hear(heard: Heard | undefined): void;
  /** Watch a view, and whether it is in sight; returns what forgets it. */
  watch(card: Card): () => void;
  close(): void;
}

export function makeAttention(makeForm: () => Card): Attention {
  // The views, and whether each has a place in the window.
  const views = new Map<Card, boolean>();
  let heard: Heard | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let clock: ReturnType<typeof setInterval> | undefined;
  let item: HTMLElement | undefined;
  let form: Card | undefined;
  let before: Element | null = null;

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries)
        for (const card of views.keys())
          if (card.element === target)
            // A strip of it at the edge of the window is not in sight.
            views.set(card, isIntersecting && (intersectionRatio >= 0.25 || intersectionRect.height >= 100));
      look();
    },
    { threshold: [0, 0.1, 0.25, 0.5, 1] },
  );
  document.addEventListener("visibilitychange", look);

  /** Does somebody wait for a person who cannot know it? Then say so, a little later. */
  function look(): void {
    const waiting = heard?.around.waiting === true;
    const seen =
      document.visibilityState === "visible" && [...views].some(([card, inside]) => inside && isDrawn(card));
    // A form in use stays while the server thinks about what it was given.
    const wanted = heard && waiting && (form ? heard.state.kind !== "signed_in" : needsPerson(heard.state));
    if (wanted) clock ??= setInterval(look, LOOK);
    else clock = void clearInterval(clock);
    if (!wanted || seen) hide();
    else if (item) mark();
    else timer ??= setTimeout(show, PATIENCE);
  }

  function show(): void {
    if (!heard) return;
    before = document.activeElement;
    const { cell } = heard.around;
    const words = `${cell === null ? "A request" : `Cell ${cell}`} waits for your Tiled sign-in`;
    const text = h("p", { role: "status" });
    item = h("div", { class: "tiled-jupyter-call" }, text);
    place().append(item);
    // After it is in the page, or it is not announced.
    text.textContent = words;
    if (reachable()) item.append(button("Go to cell", "secondary", go));
    else showForm();
    mark();
  }

  /** A view that can be scrolled to; not one in a collapsed output, or in a notebook behind another. */
  function reachable(): Card | undefined {
    return [...views.keys()].find((card) => card.element.getClientRects().length > 0 && isDrawn(card));
  }

  function go(): void {
    const card = reachable();
    card?.element.scrollIntoView({ block: "center" });
    if (card) card.focus();
    else showForm();
  }

  function showForm(): void {
    if (!heard || !item) return;
    form = makeForm();
    item.querySelector("button")?.remove();
    item.append(form.element);
    form.show(heard);
  }

  function hide(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!item) return;
    const focused = item.contains(document.activeElement);
    form?.close();
    item.remove();
    form = item = undefined;
    if (focused && before instanceof HTMLElement) before.focus();
    const shared = place();
    if (shared.childElementCount > 0) return;
    shared.remove();
    unmark(shared);
  }

  return {
    hear: (next) => {
      heard = next;
      if (heard) form?.show(heard);
      look();
    },
    watch: (card) => {
      views.set(card, false);
      observer.observe(card.element);
      look();
      return () => {
        observer.unobserve(card.element);
        views.delete(card);
        look();
      };
    },
    close: () => {
      heard = undefined;
      look();
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    },
  };
}

/** JupyterLab keeps the active cell, scrolled away, over the others, but transparent. */
function isDrawn({ element }: Card): boolean {
  return element.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true;
}

function place(): HTMLElement {
  const found = document.querySelector<HTMLElement>(`body > .${PLACE}`);
  if (found) return found;
  const made = h("section", {
    class: PLACE,
    "aria-label": "Waiting for you",
    "data-lm-suppress-shortcuts": "true",
  });
  document.body.append(made);
  return made;
}

/** Mark the tab, again where somebody has named it anew. */
function mark(): void {
  if (document.title.includes(MARK)) return;
  place().dataset.title = document.title;
  document.title = MARK + document.title;
}

/** Take our mark away and nothing else: the title may be another one by now, or ours with something around it. */
function unmark({ dataset: { title } }: HTMLElement): void {
  if (title !== undefined) document.title = document.title.replace(MARK + title, () => title);
}
