/** User name and password: fields that password managers know. */

import { h } from "../parts/dom";
import { type Draft, labelled } from "../parts/view";
import type { Identity, Provider } from "../wire";

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
  let locked = false;
  username.value = draft.username;

  /** Only `expected` can resume what waits: the name is theirs, unless another provider has other names. */
  function update(expected: Identity | null, { name }: Provider, busy: boolean): void {
    const lock = expected?.kind === "named" && [name, null].includes(expected.provider);
    if (lock) username.value = expected.id;
    else if (locked) username.value = draft.username;
    locked = lock;
    username.readOnly = busy || locked;
  }

  return {
    name: labelled("User name", username),
    secret: labelled("Password", password),
    username,
    password,
    update,
    field: () => (username.value ? password : username),
  };
}
