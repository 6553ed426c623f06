/** What a view is, and the few pieces several views are made of. */

import type { Command, State, Surroundings } from "../wire";
import { linkTo } from "./address";
import { h, say, sayOrHide, unique } from "./dom";

/** What the person gave and a redrawn form must not lose. Secrets are not kept. */
export interface Draft {
  address: string;
  username: string;
  remember: boolean;
  provider: string;
}

/** What views need: ways to send and to ask, and the draft. */
export interface Context {
  draft: Draft;
  send(command: Command, secret?: Uint8Array<ArrayBuffer>): void;
  /** Whether this page has a control channel. */
  control(): boolean;
  /** The secret of the key that was just made; rejected with a sentence. */
  askForKey(first_eight: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** The surroundings as they arrived, and what the page knows itself. */
export interface Around extends Surroundings {
  /** How many seconds the kernel's clock is ahead of the page's. */
  ahead: number;
  /** Whether what was pressed has had no answer for a while. */
  unanswered: boolean;
}

/** The body of the panel for one kind of state, or for two that look alike. */
export interface View {
  element: HTMLElement;
  /** What stands beside the status, if anything. */
  aside?: HTMLElement;
  /** Patch the view in place: typing, selection and focus survive. */
  update(state: State, around: Around): void;
  /** The field a person goes on with, if there is one. */
  field(): HTMLElement | null;
  /** A second has passed, on the kernel's clock. */
  tick?(now: number): void;
}

/** A button; `type` is explicit because a form submits with any other. */
export function button(name: string, look: string, click?: () => void): HTMLButtonElement {
  return h(
    "button",
    {
      type: click ? "button" : "submit",
      class: `tiled-jupyter-button tiled-jupyter-${look}`,
      click: click ?? (() => undefined),
    },
    name,
  );
}

/** A button, and what it shows and hides. */
export function disclosure(name: string, ...children: HTMLElement[]) {
  const content = h("div", { id: unique(), class: "tiled-jupyter-disclosed", hidden: true }, ...children);
  const opener = button(name, "quiet", () => {
    content.hidden = !content.hidden;
    opener.setAttribute("aria-expanded", String(!content.hidden));
  });
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", content.id);
  return { opener, content };
}

/** A labelled text field. */
export function labelled(name: string, input: HTMLInputElement | HTMLSelectElement): HTMLLabelElement {
  return h("label", { class: "tiled-jupyter-label" }, h("span", {}, name), input);
}

/** A sentence that deserves more than a line of small print. */
export function note(): HTMLParagraphElement {
  return h("p", { class: "tiled-jupyter-note", role: "note", hidden: true });
}

export function subtle(text = ""): HTMLParagraphElement {
  return h("p", { class: "tiled-jupyter-subtle", hidden: text === "" }, text);
}

/** A way to the people who can help, where the site's settings name a page of theirs. */
export function helpLink() {
  const element = h(
    "a",
    { class: "tiled-jupyter-button tiled-jupyter-quiet", target: "_blank", rel: "noopener noreferrer" },
    "Help",
  );
  function update({ help_url }: Surroundings): void {
    const href = linkTo(help_url);
    element.hidden = href === null;
    if (href) element.href = href;
    else element.removeAttribute("href");
  }
  return { element, update };
}

/** Where one signs in, and with what: stands above every form. */
export function headline() {
  const heading = h("h3", { class: "tiled-jupyter-heading" });
  const account = subtle();
  function update(host: string, words: string): void {
    say(heading, `Sign in to ${host}`);
    sayOrHide(account, words);
  }
  return { element: h("div", {}, heading, account), update };
}

/** What was typed, once: the field forgets it. */
export function take(input: HTMLInputElement): Uint8Array<ArrayBuffer> {
  const typed = new TextEncoder().encode(input.value);
  input.value = "";
  return typed;
}

export function isFormBusy(form: HTMLElement): boolean {
  return form.getAttribute("aria-busy") === "true";
}

/** Take an element from sight, and leave its place empty. */
export function keepPlace(element: HTMLElement, unseen: boolean): void {
  element.style.visibility = unseen ? "hidden" : "";
  element.inert = unseen;
}

/**
 * Mark a form as busy. Not `disabled`: that throws the focus out of the panel, and a wrong password has
 * to bring it back to the field.
 */
export function markBusy(form: HTMLElement, busy: boolean): void {
  form.setAttribute("aria-busy", String(busy));
  for (const input of form.querySelectorAll("input")) {
    input.readOnly = busy;
    input.setAttribute("aria-disabled", String(busy));
  }
  // Those that start something; Cancel works all the time.
  for (const each of form.querySelectorAll("[type=submit], [data-starts]"))
    each.setAttribute("aria-disabled", String(busy));
}

/**
 * Show a failure. The element is a new one each time, so that the same sentence is announced again; while
 * the next attempt runs the old one keeps its place, unseen, so that the form does not jump.
 */
export function showAlert(place: HTMLElement, sentence: string, busy: boolean): void {
  const shown = place.firstElementChild as HTMLElement | null;
  if (busy) {
    if (shown) shown.style.visibility = "hidden";
  } else if (!sentence) {
    place.replaceChildren();
  } else if (!shown || shown.style.visibility === "hidden" || shown.textContent !== sentence) {
    const alert = h("div", { role: "alert", class: "tiled-jupyter-alert" });
    place.replaceChildren(alert);
    say(alert, sentence);
  }
}
