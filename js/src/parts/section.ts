/** What the tabs of an account have in common: read when opened, busy, failures, and where the focus goes. */

import { h } from "./dom";
import { button, markBusy, showAlert, subtle } from "./view";

export function section(reading: string, content: HTMLElement, read: () => void) {
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const waiting = subtle(reading);
  const again = button("Try again", "secondary", read);
  again.dataset.starts = "";
  const element = h("div", { class: "tiled-jupyter-section" }, alerts, waiting, again, content);
  content.tabIndex = -1;
  // What starts something does not start it twice, and boxes stay as they are while it is under way.
  element.addEventListener(
    "click",
    (event) => {
      if (!(event.target as Element).closest('[aria-disabled="true"]')) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true },
  );

  function update(isRead: boolean, busy: boolean, failure: string | null): void {
    content.hidden = !isRead;
    waiting.hidden = isRead || failure !== null;
    again.hidden = isRead || failure === null || busy;
    showAlert(alerts, failure ?? "", busy);
    markBusy(element, busy);
  }

  /** Patch what is shown; where that takes the focus away it goes to what the patch gives. */
  function keepFocus(patch: () => HTMLElement): void {
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const next = patch();
    const now = document.activeElement;
    const kept = now && element.contains(now) && !now.closest("[hidden]");
    if (focused && !kept) next.focus();
  }

  return { element, open: read, update, keepFocus };
}
