/** The key that was just made, and the only chance to keep it: a file, this kernel, the clipboard. */

import { copyAnswer, whyNoCopy } from "../parts/clipboard";
import { h, say, sayOrHide, unique } from "../parts/dom";
import { question } from "../parts/question";
import { moment } from "../parts/times";
import { button, type Context, showAlert, subtle } from "../parts/view";
import type { MadeKey } from "../wire";
import { snippetChoice } from "./snippets";

const ONCE = "The kernel holds it until you dismiss it. After that it cannot be shown again.";
const ONLY_COPY = "This key cannot be shown again.";
const COPIED = "Copied. It stays on the clipboard until you copy something else.";
const ENVIRONMENT =
  "Programs that this kernel starts get it too, and Tiled sends it to every server it connects to.";

export function madeKey({ send, control, askForKey }: Context) {
  const what = h("p", {});
  const end = subtle();
  const save = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const use = starter("Use in this kernel", "secondary", () =>
    send({ type: "use_key_here", environment: false }),
  );
  const reason = h("p", { id: unique(), class: "tiled-jupyter-subtle" });
  const copy = starter("Copy key", "secondary", () => void copyKey());
  copy.setAttribute("aria-describedby", reason.id);
  const dismiss = starter("Dismiss", "quiet", leave);
  const saveFirst = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const discard = starter("Delete the key", "secondary", () => send({ type: "delete_made_key" }));
  const lost = question(
    "Dismiss this key",
    button("", "quiet", () => undefined),
    [saveFirst, discard],
    "Back",
  );
  say(lost.text, ONLY_COPY);
  const everywhere = starter("Also set TILED_API_KEY", "quiet", () =>
    send({ type: "use_key_here", environment: true }),
  );
  const environment = h("div", {}, everywhere, subtle(ENVIRONMENT));
  const saved = h("p", { "aria-live": "polite" });
  const inUse = h("p", { "aria-live": "polite" });
  const copied = h("p", { "aria-live": "polite" });
  const howTo = snippetChoice();
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const actions = h("div", { class: "tiled-jupyter-buttons" }, save, use, copy, dismiss);
  const element = h(
    "div",
    { class: "tiled-jupyter-made", role: "group", "aria-label": "New API key", tabindex: "-1", hidden: true },
    what,
    end,
    alerts,
    actions,
    lost.element,
    reason,
    saved,
    copied,
    inUse,
    environment,
    howTo.element,
  );
  let made: MadeKey | null = null;
  let copying = false;
  let allowed = true;

  function starter(name: string, look: string, click: () => void): HTMLButtonElement {
    const made = button(name, look, click);
    made.dataset.starts = "";
    return made;
  }

  async function copyKey(): Promise<void> {
    if (!made || copying || whyNoCopy(control())) return;
    const { first_eight } = made;
    copying = true;
    showAlert(alerts, "", false);
    const trouble = await copyAnswer(() => askForKey(first_eight));
    copying = false;
    if (made?.first_eight !== first_eight) return;
    if (trouble) showAlert(alerts, trouble, false);
    else send({ type: "key_copied" });
  }

  function leave(): void {
    if (made && !made.saved_to && !made.copied) {
      lost.ask(true, dismiss);
    } else send({ type: "dismiss_key" });
  }

  function update(shown: MadeKey | null, mayCopy: boolean, ahead: number): void {
    if (shown?.first_eight !== made?.first_eight) {
      showAlert(alerts, "", false);
      lost.drop();
    }
    made = shown;
    allowed = mayCopy;
    element.hidden = !shown;
    if (!shown) return;
    if (shown.saved_to || shown.copied) lost.drop();
    say(what, `Key ${shown.first_eight}… is made${shown.note ? `: ${shown.note}` : "."}`);
    say(
      end,
      `${shown.expires === null ? "It never stops working." : `It stops working ${moment(shown.expires - ahead)}.`} ${ONCE}`,
    );
    end.hidden = false;
    const why = whyNoCopy(control());
    copy.hidden = !allowed;
    sayOrHide(reason, allowed ? why : "");
    if (why) copy.setAttribute("aria-disabled", "true");
    sayOrHide(saved, shown.saved_to ? `Saved to ${shown.saved_to}` : "");
    howTo.update(shown.snippets);
    sayOrHide(inUse, shown.in_use ?? "");
    environment.hidden = !shown.in_use || shown.in_use.includes("TILED_API_KEY");
    sayOrHide(copied, shown.copied ? COPIED : "");
  }

  return { element, update };
}
