/**
 * The frame of one view of the panel: region, status line, patience, and whose turn the focus is.
 *
 * The frame is drawn once; its body is rebuilt when the kind of state changes and patched otherwise.
 */

import { h, say, sayOrHide } from "./dom";
import { accountView } from "./views/account";
import { serverView } from "./views/server";
import { signInView } from "./views/signin";
import type { Context, View } from "./views/view";
import type { State, Surroundings } from "./wire";
import { INACTIVE, isBusy, moodOf, patience, RESTARTED, regionOf, statusOf } from "./words";

/** A state as it arrived; `ahead` is how many seconds the kernel's clock is ahead of the page's. */
export interface Heard {
  state: State;
  around: Surroundings;
  ahead: number;
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
    case "signed_in":
      return accountView;
    default:
      return kind satisfies never;
  }
}

/** JupyterLab acts on keys and on the clipboard; inside the panel they belong to the fields. */
const KEPT_INSIDE = ["keydown", "keypress", "keyup", "paste", "copy", "cut"];

export class Card {
  readonly element: HTMLElement;
  readonly #context: Context;
  readonly #inactive: HTMLElement;
  readonly #body = h("div", { class: "tiled-jupyter-body" });
  readonly #status = h("span", { role: "status", class: "tiled-jupyter-status", tabindex: "-1" });
  readonly #where = h("span", { class: "tiled-jupyter-where" });
  readonly #waiting = h("p", { class: "tiled-jupyter-subtle" });
  // Only the words are live regions: they are announced once, the seconds between them never.
  readonly #patience = [
    h("span", { "aria-live": "polite" }),
    h("span"),
    h("span", { "aria-live": "polite" }),
  ] as const;
  #heard: Heard | undefined;
  #maker: Maker | undefined;
  #view: View | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(context: Context, inactive: boolean) {
    this.#context = context;
    this.#inactive = h("p", { class: "tiled-jupyter-inactive" }, INACTIVE);
    this.#inactive.hidden = !inactive;
    this.element = h(
      "section",
      {
        class: "tiled-jupyter-panel",
        role: "region",
        "aria-label": regionOf(undefined, 1),
        "data-lm-suppress-shortcuts": "true",
      },
      this.#inactive,
      this.#body,
      h(
        "div",
        { class: "tiled-jupyter-foot" },
        h("div", { class: "tiled-jupyter-line" }, this.#status, this.#where),
        this.#waiting,
        h("p", { class: "tiled-jupyter-subtle tiled-jupyter-patience" }, ...this.#patience),
      ),
    );
    for (const type of KEPT_INSIDE) this.element.addEventListener(type, (event) => event.stopPropagation());
  }

  show(heard: Heard): void {
    const { state, around } = heard;
    const previous = this.#heard?.state;
    const focused = this.#focused();
    this.#heard = heard;
    const maker = makerOf(state.kind);
    const rebuilt = maker !== this.#maker;
    if (rebuilt || !this.#view) {
      this.#maker = maker;
      this.#view = maker(this.#context);
      this.#body.replaceChildren(this.#view.element);
    }
    this.#inactive.hidden = true;
    this.#body.inert = false;
    this.element.dataset.kind = state.kind;
    this.element.dataset.mood = moodOf(state);
    this.element.setAttribute("aria-label", regionOf(state, around.number));
    this.#view.update(state, around);
    say(this.#status, statusOf(state));
    say(this.#where, state.kind === "signed_in" ? `on ${state.server.host}` : "");
    sayOrHide(
      this.#waiting,
      around.waiting && !isBusy(state) && state.kind !== "signed_in"
        ? "The cell is waiting for you to sign in."
        : "",
    );
    this.#startClock();
    if (focused) this.#moveFocus(focused, previous, state, rebuilt);
  }

  /** The kernel that knew this login is gone; the next one may revive the panel. */
  restarted(): void {
    if (!this.#heard) return;
    this.close();
    this.#body.inert = true;
    this.element.dataset.mood = "idle";
    say(this.#status, RESTARTED);
    say(this.#where, "");
    sayOrHide(this.#waiting, "");
    for (const part of this.#patience) say(part, "");
  }

  /** Stop what runs by itself. */
  close(): void {
    clearInterval(this.#clock);
  }

  #focused(): Element | null {
    const { activeElement } = this.element.ownerDocument;
    return this.element.contains(activeElement) ? activeElement : null;
  }

  /** The focus was in the panel and stays there: in the field to go on with, else on the status. */
  #moveFocus(focused: Element, previous: State | undefined, state: State, rebuilt: boolean): void {
    const lost = !this.element.contains(focused) || focused.closest("[hidden]") !== null;
    const sameKind = previous?.kind === state.kind;
    if (!lost && (sameKind || (isBusy(state) && !rebuilt))) return;
    const toStatus = sameKind || state.kind === "signed_in" || previous?.kind === "signed_in";
    const field = toStatus ? null : this.#view?.field();
    (field ?? this.#status).focus();
  }

  #startClock(): void {
    clearInterval(this.#clock);
    const tick = () => {
      if (!this.#heard) return;
      const { state, ahead } = this.#heard;
      const elapsed = isBusy(state) ? Date.now() / 1000 + ahead - state.since : 0;
      const words = patience(state, elapsed);
      this.#patience.forEach((part, i) => {
        say(part, words[i] ?? "");
      });
    };
    tick();
    if (this.#heard && isBusy(this.#heard.state)) this.#clock = setInterval(tick, 1000);
  }
}
