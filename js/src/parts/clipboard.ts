/**
 * The clipboard: for texts, and for a secret on its way from the kernel. That is never a string where the browser
 * can do without, in no variable afterwards, and its bytes are erased.
 */

const FILE = "Save the key to a file instead.";
const REFUSED = `The browser did not let the key be copied. ${FILE}`;

export const COPIED = "Copied";

/** Copy what an element says, or leave it selected where the page has no clipboard; gives what to tell the person. */
export async function copyText(element: HTMLElement): Promise<string> {
  try {
    // There is none on plain http pages.
    await navigator.clipboard.writeText(element.textContent ?? "");
    return COPIED;
  } catch {
    getSelection()?.selectAllChildren(element);
    return `Press ${navigator.platform.startsWith("Mac") ? "⌘C" : "Ctrl+C"}`;
  }
}

/** Why this page cannot copy a key; empty where it can. */
export function whyNoCopy(control: boolean): string {
  if (!control)
    return `Copying is not possible here: this page cannot ask the kernel without others listening. ${FILE}`;
  if (!navigator.clipboard)
    return `Copying is not possible here: the browser allows it only on pages with https. ${FILE}`;
  return "";
}

/** Copy what the kernel answers. To be called in a click; gives what went wrong as a sentence, else nothing. */
export async function copyAnswer(ask: () => Promise<Uint8Array<ArrayBuffer>>): Promise<string> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  let trouble = "";
  const answer = ask().then(
    (received) => {
      bytes = received;
      return received;
    },
    (error: unknown) => {
      trouble = error instanceof Error ? error.message : "";
      throw error;
    },
  );
  try {
    // Safari wants to be called before the answer is here, and so takes the promise of it.
    if (typeof ClipboardItem === "function") {
      const text = answer.then((received) => new Blob([received], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    } else {
      await navigator.clipboard.writeText(new TextDecoder().decode(await answer));
    }
    return "";
  } catch {
    return trouble || REFUSED;
  } finally {
    bytes?.fill(0);
    bytes = undefined;
    // Where the browser refused first, the answer comes later.
    answer.then(
      (received) => received.fill(0),
      () => undefined,
    );
  }
}
