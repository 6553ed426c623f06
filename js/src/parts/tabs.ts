/** Tabs: one section in sight, arrow keys between their names. */

import { h, unique } from "./dom";

export interface Tab {
  name: string;
  panel: HTMLElement;
  /** The person has opened it, or has opened it again. */
  opened(): void;
}

export function tabs(name: string, all: Tab[]) {
  const heads = all.map((tab, i) => {
    tab.panel.id = unique();
    const head = h(
      "button",
      {
        type: "button",
        role: "tab",
        id: unique(),
        class: "tiled-jupyter-tab",
        "aria-controls": tab.panel.id,
        click: () => open(i),
      },
      tab.name,
    );
    tab.panel.setAttribute("role", "tabpanel");
    tab.panel.setAttribute("aria-labelledby", head.id);
    tab.panel.tabIndex = -1;
    return head;
  });
  const element = h(
    "div",
    { role: "tablist", class: "tiled-jupyter-tabs", "aria-label": name, keydown: move },
    ...heads,
  );
  let selected = 0;

  function move(event: KeyboardEvent): void {
    const last = all.length - 1;
    const next = {
      ArrowRight: selected === last ? 0 : selected + 1,
      ArrowLeft: selected === 0 ? last : selected - 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    heads[next]?.focus();
    open(next);
  }

  function open(index: number): void {
    select(index);
    all[index]?.opened();
  }

  /** Show a section without anybody having asked for it. */
  function select(index: number): void {
    selected = index;
    all.forEach(({ panel }, i) => {
      panel.hidden = i !== index;
      heads[i]?.setAttribute("aria-selected", String(i === index));
      heads[i]?.setAttribute("tabindex", i === index ? "0" : "-1");
    });
  }

  select(0);
  return { element, select };
}
