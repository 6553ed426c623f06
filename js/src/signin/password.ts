/** User name and password: fields that password managers know. */

import { h, sayOrHide } from "../parts/dom";
import { type Draft, labelled, subtle } from "../parts/view";
import type { Provider, SignedOut } from "../wire";

export function passwordFields(draft: Draft) {
  const username = h("input", {
    type: "text",
    name: "username",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    input: () => {
      draft.username = username.value;
    },
  });
  const password = h("input", {
    type: "password",
    name: "password",
    autocomplete: "current-password",
    required: true,
  });
  const hint = subtle();
  let locked = false;
  username.value = draft.username;

  /**
   * Only `expected` can resume what waits: the name is theirs, unless another provider has other names. A directory may
   * know people by another one than they sign in with, their mail address say: who was refused may type that.
   */
  function update({ expected, rejections }: SignedOut, { name }: Provider, busy: boolean): void {
    const theirs = expected?.kind === "named" && [name, null].includes(expected.provider);
    const lock = theirs && rejections === 0;
    if (lock) username.value = expected.id;
    else if (locked && !theirs) username.value = draft.username;
    locked = lock;
    username.readOnly = busy || locked;
    const other =
      theirs && !lock ? `If you sign in with another name than ${expected.id}, type that one.` : "";
    sayOrHide(hint, other);
  }

  return {
    name: labelled("User name", username),
    hint,
    secret: labelled("Password", password),
    username,
    password,
    update,
    field: () => (username.value ? password : username),
  };
}
