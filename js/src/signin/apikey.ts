/** API keys: the field to use one, and what is said and asked where one is in the way. */

import { h, say } from "../parts/dom";
import { button, type Context, labelled, note } from "../parts/view";
import type { KeyNotice } from "../wire";

export function keyField() {
  const input = h("input", {
    type: "password",
    name: "tiled-api-key",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
  });
  return { element: labelled("API key", input), input };
}

/** A key that would win over a login is settled before anybody types a password. */
export function keyNotice(send: Context["send"], isBusy: () => boolean) {
  const sentence = note();
  sentence.hidden = false;
  const answer = (name: string, look: string, type: "set_key_aside" | "accept_key") => {
    const made = button(name, look, () => {
      if (!isBusy()) send({ type });
    });
    made.dataset.starts = "";
    return made;
  };
  const aside = answer("Set the key aside", "primary", "set_key_aside");
  const accept = answer("Use this key", "secondary", "accept_key");

  function update(notice: KeyNotice | null): void {
    if (notice) say(sentence, notice.sentence);
    aside.hidden = !notice;
    accept.hidden = !notice?.usable;
  }

  return { element: sentence, answers: [aside, accept], update };
}
