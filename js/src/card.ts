/**
 * The frame of one view of the panel: region, status line, patience, and whose turn the focus is.
 *
 * The frame is drawn once; its body is rebuilt when the kind of state changes and patched otherwise.
 */

import { keyInCellView } from "./account/keyincell";
import { signedInView } from "./account/signedin";
import { h, say, sayOrHide } from "./parts/dom";
import type { Around, Context, View } from "./parts/view";
import { deviceView } from "./signin/device";
import { signInView } from "./signin/form";
import { chosen } from "./signin/providers";
import { serverView } from "./signin/server";
import type { State } from "./wire";
import {
  askedElsewhere,
  ELSEWHERE,
  ENDED_KERNEL,
  formOf,
  INACTIVE,
  isBusy,
  lastsFor,
  moodOf,
  patience,
  placeOf,
  reasonOf,
  regionOf,
  statusOf,
  unheard,
  waitingFor,
} from "./words";

/** A state as it arrived. */
export interface Heard {
  state: State;
  around: Around;
}

type Maker = (context: Context) => View;

/** A new kind of state does not compile until it has a view. */
function makerOf(kind: State["kind"]): Maker {
  switch (kind) {
    case "disconnected":
    case "connecting":
      return serverView;
    case "signed_out":
    case "verifying":
      return signInView;
    case "awaiting_authorization":
      return deviceView;
    case "signed_in":
      return signedInView;
    case "key_in_cell":
      return keyInCellView;
    default:
      return kind satisfies never;
  }
}

/** JupyterLab acts on keys and on the clipboard; inside the panel they belong to the fields. */
const KEPT_INSIDE = ["keydown", "keypress", "keyup", "paste", "copy", "cut"];

/** One view of the panel. */
export interface Card {
  element: HTMLElement;
  show(heard: Heard): void;
  /** Put the focus where the person goes on. */
  focus(): void;
  /** The kernel that knew this login is gone, and what was typed goes with it; the next one may speak again. */
  restarted(): void;
  /** Stop what runs by itself. */
  close(): void;
}

export function makeCard(context: Context, inactive: boolean): Card {
  let heard: Heard | undefined;
  let maker: Maker | undefined;
  let view: View | undefined;
  let clock: ReturnType<typeof setTimeout> | undefined;
  // Signed in elsewhere while the person types here: nothing is taken from under their hands.
  let parked: Heard | undefined;

  const neutral = h("p", { class: "tiled-jupyter-inactive", hidden: !inactive }, INACTIVE);
  const body = h("div", { class: "tiled-jupyter-body" });
  const status = h("span", { role: "status", class: "tiled-jupyter-status", tabindex: "-1" });
  const where = h("span", { class: "tiled-jupyter-where" });
  const aside = h("span", { class: "tiled-jupyter-aside" });
  const reason = h("p", { class: "tiled-jupyter-note tiled-jupyter-reason", "aria-live": "polite" });
  const waiting = h("p", { class: "tiled-jupyter-subtle" });
  const deaf = h("p", { class: "tiled-jupyter-note tiled-jupyter-reason", "aria-live": "polite" });
  // Only the words are live regions: they are announced once, the seconds between them never.
  const slow = [
    h("span", { "aria-live": "polite" }),
    h("span"),
    h("span", { "aria-live": "polite" }),
  ] as const;
  const element = h(
    "section",
    {
      class: "tiled-jupyter-panel",
      role: "region",
      "aria-label": regionOf(undefined),
      "data-lm-suppress-shortcuts": "true",
      hidden: !inactive,
    },
    neutral,
    reason,
    // First, although forms show it last: the focus goes on from the status to Sign out.
    h(
      "div",
      { class: "tiled-jupyter-foot" },
      h("div", { class: "tiled-jupyter-line" }, status, " ", where, " ", aside),
      waiting,
      h("p", { class: "tiled-jupyter-subtle tiled-jupyter-patience" }, ...slow),
    ),
    deaf,
    body,
  );
  for (const type of KEPT_INSIDE) element.addEventListener(type, (event) => event.stopPropagation());

  function unpark(): boolean {
    const next = parked;
    parked = undefined;
    if (next) draw(next);
    return next !== undefined;
  }
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (!element.contains(relatedTarget as Node | null)) unpark();
  });
  element.addEventListener(
    "submit",
    (event) => {
      if (!unpark()) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );

  function show(next: Heard): void {
    const { state } = next;
    const elsewhere =
      state.kind === "signed_in" && state.method === "saved" && heard?.state.kind === "signed_out";
    parked = elsewhere && isTyping() ? next : undefined;
    if (parked) sayFoot(ELSEWHERE, "", "");
    else draw(next);
  }

  function draw(next: Heard): void {
    const { state, around } = next;
    const previous = heard?.state;
    const focused = focusInside();
    const rebuilt = maker !== makerOf(state.kind);
    heard = next;
    if (rebuilt || !view) {
      maker = makerOf(state.kind);
      view = maker(context);
      body.replaceChildren(view.element);
      aside.replaceChildren(view.aside ?? "");
    }
    neutral.hidden = true;
    element.hidden = false;
    element.dataset.kind = state.kind;
    element.dataset.mood = moodOf(state);
    // An interrupted request goes on: what is left of the panel must not stand between a cell and its data.
    // Later it says what has become of that sign-in, and is no form: the cell that is run next has one.
    const over = state.kind === "signed_out" && !around.waiting && !state.expected && !state.failure;
    const folded = around.resuming && (state.kind === "signed_in" || over);
    element.toggleAttribute("data-folded", folded);
    const elsewhere = around.elsewhere && state.kind === "signed_out";
    aside.hidden = folded;
    body.hidden = folded || elsewhere;
    name(regionOf(state));
    view.update(state, around);
    say(reason, reasonOf(state));
    say(deaf, unheard(state, around.waiting && around.only_control && !context.control(), around.unanswered));
    const form = formOf(state);
    // Not while connecting: there is nothing to do for the person yet.
    const turn = !["connecting", "signed_in", "key_in_cell"].includes(state.kind);
    sayFoot(
      statusOf(state, (form && chosen(form, context.draft, around.exposed)?.name) ?? ""),
      placeOf(state),
      elsewhere ? askedElsewhere(around.cell) : around.waiting && turn ? waitingFor(around.cell) : "",
    );
    close();
    tick();
    if (isBusy(state) || view.tick) clock = setInterval(tick, 1000);
    // When a sign-in should have ended, what is said of its end is another thing.
    const left = state.kind === "signed_in" ? lastsFor(state, around.ahead) : 0;
    if (left > 0) clock = setTimeout(() => draw(next), left);
    if (focused) moveFocus(focused, previous, state, rebuilt);
  }

  /** A screen reader must tell a page's panels for one server apart: all of them are numbered anew. */
  function name(wanted: string): void {
    element.dataset.name = wanted;
    const panels = element.ownerDocument.querySelectorAll<HTMLElement>(".tiled-jupyter-panel");
    const same = new Set([...panels].filter((panel) => panel.dataset.name === wanted)).add(element);
    let number = 0;
    for (const panel of same) panel.setAttribute("aria-label", number++ ? `${wanted} (${number})` : wanted);
  }

  function restarted(): void {
    if (!heard) return;
    close();
    if (heard.state.kind === "key_in_cell") {
      element.hidden = true; // The warning above it stays.
      return;
    }
    maker = view = heard = undefined;
    body.replaceChildren();
    aside.replaceChildren();
    say(reason, "");
    say(deaf, "");
    element.dataset.kind = "restarted";
    element.dataset.mood = "idle";
    sayFoot(ENDED_KERNEL, "", "");
    tick();
  }

  function close(): void {
    clearTimeout(clock); // of an interval, too
  }

  function sayFoot(what: string, at: string, hint: string): void {
    say(status, what);
    say(where, at);
    sayOrHide(waiting, hint);
  }

  function tick(): void {
    const now = Date.now() / 1000 + (heard?.around.ahead ?? 0);
    const words = heard ? patience(heard.state, now) : [];
    view?.tick?.(now);
    slow.forEach((part, i) => {
      say(part, words[i] ?? "");
    });
  }

  function isTyping(): boolean {
    const focused = focusInside();
    if (parked) return true;
    if (!(focused instanceof HTMLInputElement) || focused.readOnly) return false;
    return ["text", "password"].includes(focused.type) && focused.value !== "";
  }

  function focus(): void {
    (view?.field() ?? status).focus();
  }

  function focusInside(): Element | null {
    const { activeElement } = element.ownerDocument;
    return element.contains(activeElement) ? activeElement : null;
  }

  /** The focus was in the panel and stays there: in the field to go on with, else on the status. */
  function moveFocus(focused: Element, previous: State | undefined, state: State, rebuilt: boolean): void {
    // A view that has moved it knows better.
    const now = focusInside();
    if (now && now !== focused && now !== element) return;
    const lost = !element.contains(focused) || focused.closest("[hidden], [inert]") !== null;
    const sameKind = previous?.kind === state.kind;
    if (!lost && (sameKind || (isBusy(state) && !rebuilt))) return;
    const toStatus = sameKind || state.kind === "signed_in" || previous?.kind === "signed_in";
    if (toStatus) status.focus();
    else focus();
  }

  return { element, show, focus, restarted, close };
}
