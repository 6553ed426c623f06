/**
 * The key that matters now: the one that was just made, whose secret can still be kept, or one with a file; and its
 * scripts.
 */

import { copyAnswer, whyNoCopy } from "../parts/clipboard";
import { h, say, sayOrHide, unique } from "../parts/dom";
import { question } from "../parts/question";
import { button, type Context, showAlert, subtle } from "../parts/view";
import type { MadeKey, Scripts } from "../wire";
import { scriptChoice } from "./scripts";

const ONCE = "Keep it now: it cannot be shown again.";
const ONLY_COPY = "It is kept nowhere yet.";
const COPIED = "Copied. It stays on the clipboard until you copy something else.";
const ENVIRONMENT =
  "Programs that this kernel starts get it too, and Tiled sends it to every server it connects to.";
const NOT_MADE = 60_000;

/** A key that is being made and shall be copied as soon as it is there. */
interface Awaited {
  begun: boolean;
  arrive(first_eight: string): void;
  giveUp(): void;
}

export function keyCard(context: Context) {
  const { send, control, askForKey } = context;
  // There all the time, so that screen readers tell what comes into it.
  const told = h("p", { class: "tiled-jupyter-unseen", "aria-live": "polite" });
  const what = h("p", {});
  const once = subtle(ONCE);
  const save = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const reason = h("p", { id: unique(), class: "tiled-jupyter-subtle" });
  const copy = starter("Copy key", "secondary", () => {
    if (made && !copying) void copyKey(Promise.resolve(made.first_eight));
  });
  copy.setAttribute("aria-describedby", reason.id);
  const use = starter("Use here", "secondary", () => send({ type: "use_key_here", environment: false }));
  const done = starter("Done", "primary", leave);
  const saveFirst = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const discard = starter("Delete the key", "secondary", () => send({ type: "delete_made_key" }));
  const lost = question(
    "Done with this key",
    button("", "quiet", () => undefined),
    [saveFirst, discard],
    "Back",
  );
  say(lost.text, ONLY_COPY);
  const everywhere = starter("Also set TILED_API_KEY", "quiet", () =>
    send({ type: "use_key_here", environment: true }),
  );
  const environment = h("div", {}, everywhere, subtle(ENVIRONMENT));
  const copied = h("p");
  const inUse = h("p");
  const scripts = scriptChoice(context);
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const element = h(
    "div",
    { class: "tiled-jupyter-made", role: "group", tabindex: "-1", hidden: true },
    what,
    once,
    alerts,
    scripts.element,
    copied,
    inUse,
    environment,
    reason,
    h("div", { class: "tiled-jupyter-buttons" }, save, copy, use, done),
    lost.element,
  );
  let made: MadeKey | null = null;
  let shown = "";
  let copying = false;
  let awaited: Awaited | undefined;

  function starter(name: string, look: string, click: () => void): HTMLButtonElement {
    const made = button(name, look, click);
    made.dataset.starts = "";
    return made;
  }

  async function copyKey(key: Promise<string>): Promise<void> {
    if (whyNoCopy(control())) return;
    copying = true;
    showAlert(alerts, "", false);
    const trouble = await copyAnswer(async () => askForKey(await key));
    copying = false;
    // The browser may refuse before there is a key.
    const first_eight = await key.catch(() => "");
    if (!first_eight || made?.first_eight !== first_eight) return;
    if (trouble) showAlert(alerts, trouble, false);
    else send({ type: "key_copied" });
  }

  /** Copy the key that is being made. To be called in a click, in which alone the page may use the clipboard. */
  function copyNext(): void {
    awaited?.giveUp();
    const key = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(giveUp, NOT_MADE);
      function giveUp(): void {
        clearTimeout(timer);
        awaited = undefined;
        reject(new Error());
      }
      function arrive(first_eight: string): void {
        clearTimeout(timer);
        awaited = undefined;
        resolve(first_eight);
      }
      awaited = { begun: false, arrive, giveUp };
    });
    void copyKey(key);
  }

  function leave(): void {
    if (made && !isKept(made)) lost.ask(true, done);
    else send({ type: "dismiss_key" });
  }

  /** Show a key, if there is one to be shown; gives whether it is another than before. */
  function update(now: MadeKey | null, its: Scripts | null, mayCopy: boolean, busy: boolean): boolean {
    const name = now?.first_eight ?? its?.first_eight ?? "";
    const isOther = name !== shown;
    if (isOther) {
      showAlert(alerts, "", false);
      lost.drop();
    }
    shown = name;
    tell(now, isOther);
    made = now;
    element.hidden = name === "";
    scripts.update(its);
    if (awaited && now) awaited.arrive(now.first_eight);
    else if (awaited?.begun && !busy) awaited.giveUp();
    else if (awaited) awaited.begun ||= busy;
    if (!name) return isOther;
    const kept = now === null || isKept(now);
    if (kept) lost.drop();
    element.setAttribute("aria-label", now ? "New API key" : `Scripts for key ${name}`);
    say(what, sentenceOf(now, its));
    once.hidden = kept;
    save.hidden = now === null || now.saved_to !== null;
    use.hidden = now === null || now.in_use !== null;
    copy.hidden = now === null || !mayCopy;

    for (const [look, isWorn] of [
      ["primary", kept],
      ["quiet", !kept],
    ] as const)
      done.classList.toggle(`tiled-jupyter-${look}`, isWorn);
    for (const [look, isWorn] of [
      ["primary", !kept],
      ["secondary", kept],
    ] as const)
      save.classList.toggle(`tiled-jupyter-${look}`, isWorn);
    const why = whyNoCopy(control());
    sayOrHide(reason, copy.hidden ? "" : why);
    if (why) copy.setAttribute("aria-disabled", "true");
    sayOrHide(inUse, now?.in_use ?? "");
    environment.hidden = !now?.in_use || now.in_use.includes("TILED_API_KEY");
    sayOrHide(copied, now?.copied ? COPIED : "");
    return isOther;
  }

  /** Tell a screen reader what is new. */
  function tell(now: MadeKey | null, isOther: boolean): void {
    const before = isOther ? null : made;
    if (!now) return;
    if (isOther || now.saved_to !== before?.saved_to)
      say(told, now.saved_to ? `Key made and saved to ${now.saved_to}` : `Key ${now.first_eight} made`);
    if (now.copied && !before?.copied) say(told, COPIED);
    if (now.in_use && now.in_use !== before?.in_use) say(told, now.in_use);
  }

  return { element, told, update, copyNext };
}

/** Whether the person has what they need of it: then its secret may go. */
function isKept({ saved_to, copied, in_use }: MadeKey): boolean {
  return saved_to !== null || copied || in_use !== null;
}

function sentenceOf(made: MadeKey | null, scripts: Scripts | null): string {
  if (made?.saved_to) return `Key ${made.first_eight}… made and saved to ${made.saved_to}`;
  if (made) return `Key ${made.first_eight}… is made${made.note ? `: ${made.note}` : "."}`;
  const { first_eight, note, file } = scripts as Scripts;
  return `Key ${first_eight}…${note ? ` (${note})` : ""} is saved in ${file}`;
}
