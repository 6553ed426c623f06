/** A table whose rows are patched, sorted by a click on a column's head, and ask before they act. */

import { h, say, unique } from "./dom";
import { question } from "./question";
import { moment } from "./times";
import { button } from "./view";

export interface Column<Row> {
  head: string;
  /** Where rows are blocks it says itself what it is. */
  plain?: true;
  /** What to sort by; a column without it has buttons, and its head is for people who hear it. */
  by?(row: Row): string | number;
  /** Patch a cell; `now` is on the kernel's clock. */
  show(cell: HTMLElement, row: Row, now: number): void;
}

export interface Asking<Row> {
  id(row: Row): string;
  /** The name of a row's button for people who hear it, and what is seen of it. */
  name(row: Row): string;
  label: string;
  warning(row: Row): string;
  answer: string;
  act(row: Row): void;
}

interface Line<Row> {
  row: Row;
  element: HTMLTableRowElement;
  cells: HTMLElement[];
}

/** Show how far off a moment is, and which it is to who points at it; `ahead` is how far the kernel's clock is. */
export function sayTime(cell: HTMLElement, text: string, at: number | null, ahead: number): void {
  say(cell, text);
  // Writing a date out is slow, and there are hundreds of them.
  if (at === null || cell.dataset.at === String(at)) return;
  cell.dataset.at = String(at);
  cell.title = moment(at, ahead);
}

const COLLATION = new Intl.Collator(undefined, { numeric: true });

export function table<Row>(name: string, columns: Column<Row>[], asking: Asking<Row>) {
  const lines = new Map<string, Line<Row>>();
  let sorted = -1;
  let descending = false;
  let asked: Row | undefined;

  const heads = columns.map(({ head, by }, i) => {
    const label = by
      ? button(head, "quiet", () => sortBy(i))
      : h("span", { class: "tiled-jupyter-unseen" }, head);
    return h("th", { role: "columnheader", scope: "col" }, label);
  });
  const body = h("tbody", { role: "rowgroup" });
  const element = h(
    "table",
    // The roles are said because narrow panels lay rows out as blocks, and browsers then forget them.
    { role: "table", class: "tiled-jupyter-table", "aria-label": name },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        ...heads,
        h("th", { role: "columnheader" }, h("span", { class: "tiled-jupyter-unseen" }, asking.label)),
      ),
    ),
    body,
  );
  const confirm = button(asking.answer, "secondary", () => {
    const row = asked;
    sure.ask(false);
    if (row) asking.act(row);
  });
  confirm.dataset.starts = "";
  const sure = question(
    asking.label,
    button("", "quiet", () => undefined),
    [confirm],
    "Keep",
  );
  const place = h(
    "tr",
    { role: "row", class: "tiled-jupyter-asked" },
    h("td", { role: "cell", colspan: String(columns.length + 1) }, sure.element),
  );

  function sortBy(index: number): void {
    descending = sorted === index && !descending;
    sorted = index;
    heads.forEach((head, i) => {
      if (i === index) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    arrange([...lines.values()]);
  }

  function arrange(unsorted: Line<Row>[]): void {
    const by = columns[sorted]?.by;
    const order = by
      ? [...unsorted].sort((a, b) => compare(by(a.row), by(b.row)) * (descending ? -1 : 1))
      : unsorted;
    const wanted = order.map(({ element }) => element);
    const there = [...body.children].filter((child) => child !== place);
    // Rows that are where they belong are left alone: moving one takes the focus from it.
    if (wanted.some((row, i) => row !== there[i]) || wanted.length !== there.length) {
      const focused = document.activeElement;
      body.replaceChildren(...wanted);
      putQuestion();
      if (focused instanceof HTMLElement && body.contains(focused)) focused.focus();
    }
  }

  function putQuestion(): void {
    const line = asked && lines.get(asking.id(asked));
    if (line && !sure.element.hidden) line.element.after(place);
    else place.remove();
  }

  function makeLine(row: Row): Line<Row> {
    const act = button(asking.label, "quiet", () => {
      asked = lines.get(asking.id(row))?.row;
      if (!asked || act.getAttribute("aria-disabled") === "true") return;
      sure.text.textContent = asking.warning(asked);
      sure.ask(true, act);
      putQuestion();
      sure.element.focus();
    });
    act.setAttribute("aria-label", asking.name(row));
    act.dataset.starts = "";
    const cells = columns.map(({ head, plain }) =>
      h("td", { role: "cell", "data-head": plain ? "" : `${head}: ` }),
    );
    cells[0]?.setAttribute("id", unique());
    act.setAttribute("aria-describedby", cells[0]?.id ?? "");
    const last = h("td", { role: "cell", class: "tiled-jupyter-act" }, act);
    return { row, element: h("tr", { role: "row" }, ...cells, last), cells };
  }

  /** Show these rows; where one that had the focus is gone, the next one gets it. */
  function update(rows: Row[], now: number): void {
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const before = [...body.children].filter((child) => child !== place);
    const ids = new Set(rows.map(asking.id));
    const gone = [...lines].filter(([id]) => !ids.has(id));
    const first = Math.min(...gone.map(([, line]) => before.indexOf(line.element)));
    for (const [id] of gone) lines.delete(id);
    if (asked && !ids.has(asking.id(asked))) {
      sure.drop();
      asked = undefined;
    }
    const order = rows.map((row) => {
      const id = asking.id(row);
      const line = lines.get(id) ?? makeLine(row);
      lines.set(id, line);
      line.row = row;
      columns.forEach((column, i) => {
        const cell = line.cells[i];
        if (cell) column.show(cell, row, now);
      });
      return line;
    });
    arrange(order);
    element.hidden = rows.length === 0;
    if (focused && !focused.isConnected) focusAt(first);
  }

  /** Put the focus on a row's button. */
  function focusAt(index: number): void {
    const all = body.querySelectorAll<HTMLElement>(".tiled-jupyter-act .tiled-jupyter-button");
    (all[index] ?? all[all.length - 1])?.focus();
  }

  return { element, update, focusAt };
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a - b;
  return COLLATION.compare(String(a), String(b));
}
