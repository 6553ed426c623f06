/** The keys of the account in a table: what each is for, until when, and how to delete one or several. */

import { h, say, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import { type Column, sayTime, table } from "../parts/table";
import { span } from "../parts/times";
import { button, type Context, subtle } from "../parts/view";
import type { ListedKey } from "../wire";

/** Said in the form and in the list. */
export const NOT_EVERYWHERE =
  "Only some servers enforce this. Ask yours, or assume this key reads all you can read.";
const STOPS = "Whatever uses it stops working, and it cannot be undone.";
const SIGNED_IN = "This notebook is signed in with it: you are signed out here.";

export function keyList({ send }: Context, showScripts: (first_eight: string) => void) {
  const chosen = new Set<string>();
  let ahead = 0;
  let inUse: string[] = [];
  let offersScripts = true;

  const columns: Column<ListedKey>[] = [
    { head: "Key", plain: true, by: (key) => key.first_eight, show: showName },
    { head: "What for", plain: true, by: (key) => key.note ?? "", show: showNote },
    { head: "May", by: (key) => key.may.join(), show: showMay },
    { head: "Made", by: (key) => key.since ?? 0, show: showMade },
    { head: "Stops working", by: (key) => key.expires ?? Number.POSITIVE_INFINITY, show: showEnd },
    { head: "Last used", by: (key) => key.last_used ?? 0, show: showUse },
    { head: "Job", plain: true, show: offerScripts },
  ];
  const list = table("API keys", columns, {
    id: (key) => key.first_eight,
    name: (key) => `Delete key ${key.first_eight}`,
    label: "Delete",
    warning: (key) => `${key.in_use ? `${SIGNED_IN} ` : ""}Delete key ${key.first_eight}? ${STOPS}`,
    answer: "Delete",
    act: (key) => send({ type: "delete_keys", first_eights: [key.first_eight] }),
  });
  const opener = button("", "secondary", () => undefined);
  const confirm = button("Delete", "secondary", () => {
    several.ask(false);
    send({ type: "delete_keys", first_eights: [...chosen] });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const several = question("Delete several keys", opener, [confirm], "Keep");
  const count = h("p", { class: "tiled-jupyter-subtle" });
  const tags = subtle();
  const element = h(
    "div",
    { class: "tiled-jupyter-list" },
    h("h4", { class: "tiled-jupyter-title" }, h("span", {}, "Your API keys"), count),
    h("div", { class: "tiled-jupyter-scroll" }, list.element),
    tags,
    h("div", { class: "tiled-jupyter-several" }, opener, several.element),
  );

  function showName(cell: HTMLElement, { first_eight, in_use }: ListedKey): void {
    if (!cell.firstChild) {
      const box = h("input", {
        type: "checkbox",
        "aria-label": `Choose key ${first_eight}`,
        change: () => {
          if (box.checked) chosen.add(first_eight);
          else chosen.delete(first_eight);
          sayChosen();
        },
      });
      const name = h("code", {}, first_eight);
      cell.append(
        h("label", { class: "tiled-jupyter-option" }, box, name),
        h("span", { class: "tiled-jupyter-mark" }),
      );
    }
    sayOrHide(cell.lastElementChild as HTMLElement, in_use ? "in use here" : "");
  }

  function showNote(cell: HTMLElement, { note, marks }: ListedKey): void {
    if (!cell.firstChild) cell.append(h("span"), h("span", { class: "tiled-jupyter-marks" }));
    say(cell.firstElementChild as HTMLElement, note ?? "no note");
    const shown = cell.lastElementChild as HTMLElement;
    if (shown.children.length === marks.length && shown.textContent === marks.join("")) return;
    shown.replaceChildren(...marks.map((mark) => h("span", { class: "tiled-jupyter-mark" }, mark)));
  }

  function showMay(cell: HTMLElement, { may, access_tags }: ListedKey): void {
    const only = access_tags?.length ? `, only of data tagged ${access_tags.join(", ")}` : "";
    say(cell, `${may.join(", ")}${only}`);
  }

  function showMade(cell: HTMLElement, { made, since }: ListedKey, now: number): void {
    const when = since === null ? "" : `${span(now - since)} ago`;
    sayTime(cell, [when, made && `on ${made}`].filter(Boolean).join(" ") || "not known", since, ahead);
  }

  function showEnd(cell: HTMLElement, { expires }: ListedKey, now: number): void {
    const text = expires === null ? "never" : expires <= now ? "expired" : `in ${span(expires - now)}`;
    sayTime(cell, text, expires, ahead);
  }

  function showUse(cell: HTMLElement, { last_used }: ListedKey, now: number): void {
    sayTime(cell, last_used === null ? "never" : `${span(now - last_used)} ago`, last_used, ahead);
  }

  function offerScripts(cell: HTMLElement, { first_eight, file }: ListedKey): void {
    if (!cell.firstChild) {
      const opener = button("Scripts", "quiet", () => showScripts(first_eight));
      opener.setAttribute("aria-label", `Scripts for key ${first_eight}`);
      opener.dataset.starts = "";
      opener.dataset.scripts = first_eight;
      cell.append(opener);
    }
    const opener = cell.firstElementChild as HTMLElement;
    opener.hidden = file === null || !offersScripts;
    opener.title = file ?? "";
  }

  /** The button for the scripts of a key, where there is one. */
  function scriptsOf(first_eight: string): HTMLElement | null {
    return element.querySelector(`[data-scripts="${CSS.escape(first_eight)}"]:not([hidden])`);
  }

  function sayChosen(): void {
    const one = chosen.size === 1;
    say(opener, `Delete ${one ? "1 key" : `${chosen.size} keys`}`);
    const first = inUse.some((key) => chosen.has(key)) ? `${SIGNED_IN} ` : "";
    say(several.text, `${first}Delete ${[...chosen].join(", ")}? ${STOPS.replace("it stops", "them stops")}`);
    if (chosen.size === 0) {
      several.drop();
      opener.hidden = true;
    } else opener.hidden = !several.element.hidden;
  }

  function update(rows: ListedKey[], of_limit: string, clock: number, scripts: boolean): void {
    ahead = clock;
    offersScripts = scripts;
    inUse = rows.filter(({ in_use }) => in_use).map(({ first_eight }) => first_eight);
    const there = new Set(rows.map(({ first_eight }) => first_eight));
    for (const key of chosen) if (!there.has(key)) chosen.delete(key);
    const hadFocus = opener === document.activeElement;
    list.update(rows, Date.now() / 1000 + ahead);
    sayChosen();
    if (hadFocus && opener.hidden) list.focusAt(0);
    say(count, of_limit);
    sayOrHide(
      tags,
      rows.some(({ access_tags }) => access_tags?.length) ? `Limited to tagged data: ${NOT_EVERYWHERE}` : "",
    );
    element.hidden = rows.length === 0;
  }

  return { element, update, scriptsOf };
}
