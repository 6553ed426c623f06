/** The tab *Sign-ins*: where this account is signed in, and how to end that. */

import { h, say, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import { section } from "../parts/section";
import { type Column, sayTime, table } from "../parts/table";
import { span } from "../parts/times";
import { type Around, button, type Context, subtle } from "../parts/view";
import type { ListedSignIn, State } from "../wire";

const HONEST =
  "A sign-in that was ended cannot be renewed. A program that uses it may still read for some minutes: 15, unless the server is set otherwise.";
const NONE = "This server does not list where you are signed in.";
const THIS = "This is your sign-in here: you are signed out of this notebook and of what else uses it.";

export function signInsView({ send }: Context) {
  let ahead = 0;
  const columns: Column<ListedSignIn>[] = [
    { head: "Where", plain: true, by: (row) => row.where, show: showPlace },
    { head: "Since", by: (row) => row.since ?? 0, show: showSince },
    { head: "Ends", by: (row) => row.expires ?? Number.POSITIVE_INFINITY, show: showEnd },
  ];
  const list = table("Sign-ins", columns, {
    id: (row) => row.id,
    name: () => "End this sign-in",
    label: "End this sign-in",
    warning: (row) => (row.this ? THIS : `End the sign-in of ${row.where}? Cells that run there ask again.`),
    answer: "End",
    act: (row) => send({ type: "end_sign_in", session: row.id }),
  });
  const opener = button("End all others", "secondary", () => undefined);
  const confirm = button("End all", "secondary", () => {
    others.ask(false);
    send({ type: "end_other_sign_ins" });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const others = question("End all others", opener, [confirm], "Keep");
  say(
    others.text,
    "Every other notebook, terminal and program that is signed in to this account has to sign in again.",
  );
  const none = subtle();
  const honest = subtle(HONEST);
  const content = h(
    "div",
    { class: "tiled-jupyter-section" },
    none,
    h("div", { class: "tiled-jupyter-scroll" }, list.element),
    honest,
    h("div", { class: "tiled-jupyter-several" }, opener, others.element),
  );
  const tab = section("Reading your sign-ins …", content, () => send({ type: "show_sign_ins" }));

  function showPlace(cell: HTMLElement, { where, this: own }: ListedSignIn): void {
    if (!cell.firstChild) cell.append(h("span"), h("span", { class: "tiled-jupyter-mark" }));
    say(cell.firstElementChild as HTMLElement, where);
    sayOrHide(cell.lastElementChild as HTMLElement, own ? "this one" : "");
  }

  function showSince(cell: HTMLElement, { since }: ListedSignIn, now: number): void {
    sayTime(cell, since === null ? "not known" : `${span(now - since)} ago`, since, ahead);
  }

  function showEnd(cell: HTMLElement, { expires }: ListedSignIn, now: number): void {
    sayTime(cell, expires === null ? "not known" : `in ${span(expires - now)}`, expires, ahead);
  }

  function update(state: State, around: Around): void {
    if (state.kind !== "signed_in") return;
    const { sign_ins: rows, busy, sign_ins_failure } = state.account;
    ahead = around.ahead;
    tab.update(rows !== null, busy, sign_ins_failure);
    tab.keepFocus(() => {
      list.update(rows ?? [], Date.now() / 1000 + ahead);
      sayOrHide(none, rows?.length === 0 ? NONE : "");
      honest.hidden = !rows?.length;
      if (!rows?.some((row) => !row.this)) {
        others.drop();
        opener.hidden = true;
      } else opener.hidden = !others.element.hidden;
      return content;
    });
  }

  return { element: tab.element, open: tab.open, update };
}
