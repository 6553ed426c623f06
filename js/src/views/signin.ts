/** User name and password, for `signed_out`, and busy for `verifying`: one form, so that nothing jumps. */

import { h, say, sayOrHide, unique } from "../dom";
import type { Provider, State, Surroundings } from "../wire";
import { alertOf, isBusy } from "../words";
import { button, type Context, labelled, markBusy, showAlert, type View } from "./view";

const EVERYONE = "for everyone who uses this computer account";
const HERE_ONLY = "this notebook only: nothing is stored";
const NO_SIGN_IN = "This server has no sign-in. Use an address with an API key.";

export function signInView({ draft, send }: Context): View {
  let provider: Provider | undefined;
  let remember: Surroundings["remember"] = "ask";
  let uri = "";

  const heading = h("h3", { class: "tiled-jupyter-heading" });
  const account = h("p", { class: "tiled-jupyter-subtle" });
  const unknown = h("p", { class: "tiled-jupyter-note", role: "note" });
  const open = h("p", { class: "tiled-jupyter-note", role: "note" });
  const refusal = h("p", { class: "tiled-jupyter-note", role: "note" });
  const failure = h("div", { class: "tiled-jupyter-alerts" });
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
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" });
  const keep = h("input", {
    type: "checkbox",
    name: "remember",
    "aria-describedby": help.id,
    click: (event: Event) => {
      if (isFormBusy()) event.preventDefault();
    },
    change: () => {
      draft.remember = keep.checked;
      sayHelp();
    },
  });
  const choice = h(
    "div",
    { class: "tiled-jupyter-choice" },
    h("label", {}, keep, h("span", {}, "Keep me signed in")),
    help,
  );
  const decided = h("p", { class: "tiled-jupyter-subtle" });
  const submitButton = button("Sign in", "primary");
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const another = button("Use another server", "quiet", () => send({ type: "change_server" }));
  const fields = h(
    "div",
    { class: "tiled-jupyter-fields" },
    labelled("Username", username),
    labelled("Password", password),
    choice,
    decided,
  );
  const actions = h("div", { class: "tiled-jupyter-actions" }, submitButton, cancel, another);
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("div", {}, heading, account),
    unknown,
    open,
    failure,
    refusal,
    fields,
    actions,
  );
  username.value = draft.username;
  keep.checked = draft.remember;

  function isFormBusy(): boolean {
    return form.getAttribute("aria-busy") === "true";
  }

  function sayHelp(): void {
    say(help, keep.checked ? EVERYONE : HERE_ONLY);
  }

  function submit(event: Event): void {
    event.preventDefault();
    if (isFormBusy() || fields.hidden || !provider) return;
    const secret = new TextEncoder().encode(password.value);
    password.value = "";
    const wanted = remember === "ask" ? keep.checked : remember === "always";
    send({ type: "sign_in", provider: provider.name, username: username.value, remember: wanted }, secret);
  }

  function update(state: State, around: Surroundings): void {
    if (state.kind !== "signed_out" && state.kind !== "verifying") return;
    const { server } = state;
    const busy = isBusy(state);
    // A password typed for one server is not for the next.
    if (uri !== server.uri) password.value = "";
    uri = server.uri;
    provider = server.providers.find(({ mode }) => mode === "internal") ?? server.providers[0];
    remember = around.remember;
    const refused = refusalOf(provider);

    say(heading, `Sign in to ${server.host}`);
    sayOrHide(account, provider ? `with your ${provider.name} account` : "");
    sayOrHide(
      unknown,
      server.new
        ? `You have not signed in to ${server.host} from this computer account before. Check that the address is right.`
        : "",
    );
    sayOrHide(
      open,
      server.required
        ? ""
        : `You can use the public data of ${server.host} without signing in. Signing in may show more.`,
    );
    sayOrHide(refusal, refused);
    showAlert(failure, alertOf(state), busy);

    fields.hidden = refused !== "";
    submitButton.hidden = refused !== "";
    choice.hidden = remember !== "ask";
    sayHelp();
    sayOrHide(
      decided,
      {
        ask: "",
        always: "You stay signed in on this computer account.",
        never: "You are signed in for this notebook only.",
      }[remember],
    );
    markBusy(form, submitButton, busy);
    cancel.hidden = !busy && !around.waiting;
    another.hidden = busy || around.waiting;
  }

  function field(): HTMLElement | null {
    if (fields.hidden) return null;
    return username.value ? password : username;
  }

  return { element: form, update, field };
}

/** Why there is no form for this provider; empty where there is one. */
function refusalOf(provider: Provider | undefined): string {
  if (!provider) return NO_SIGN_IN;
  if (provider.refusal) return provider.refusal;
  return provider.mode === "internal" ? "" : `This panel cannot sign in with ${provider.name}.`;
}
