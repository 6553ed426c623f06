/** The form of `signed_out`, and busy that of `verifying`: one form for every way in, so that nothing jumps. */

import { isPageExposed } from "../parts/address";
import { h, say, sayOrHide } from "../parts/dom";
import { question } from "../parts/question";
import {
  type Around,
  button,
  type Context,
  headline,
  helpLink,
  isFormBusy,
  keepPlace,
  markBusy,
  note,
  showAlert,
  subtle,
  take,
  type View,
} from "../parts/view";
import type { Provider, SignedOut, State } from "../wire";
import { alertOf, formOf, isBusy, nameOf, whoMayResume } from "../words";
import { keyField, keyNotice } from "./apikey";
import { keepChoice } from "./keep";
import { exposureOf, serverNotes } from "./notes";
import { passwordFields } from "./password";
import { chosen, providerChoice, refusalOf } from "./providers";

const NO_PROVIDERS = "This server signs people in with an API key. One that you started yourself prints it.";
const WEB_PAGE = "You sign in on a web page: you get its link, and a code.";

/** Each shows its own fields; `settle` a key in the way, `none` why there are no fields. */
type Way = "password" | "external" | "key" | "settle" | "none";

export function signInView({ draft, send }: Context): View {
  const busy = () => isFormBusy(form);
  const head = headline();
  const notes = serverNotes();
  const failure = h("div", { class: "tiled-jupyter-alerts" });
  const providers = providerChoice(draft, busy, again);
  const warning = note();
  const refusal = note();
  const advice = subtle();
  const help = helpLink();
  const account = passwordFields(draft);
  const key = keyField();
  const hint = subtle(NO_PROVIDERS);
  const notice = keyNotice(send, busy);
  const keep = keepChoice(draft, busy);
  const stop = button("", "secondary", () => send({ type: "cancel" }));
  const other = question(
    "Somebody else",
    button("", "quiet", () => undefined),
    [stop],
    "Back",
  );

  const submitButton = button("Sign in", "primary");
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const toKey = button("Use an API key", "quiet", () => turnTo(true));
  const toAccount = button("Use your account instead", "quiet", () => turnTo(false));
  const another = button("Use another server", "quiet", () => send({ type: "change_server" }));
  other.opener.dataset.starts = "";
  const parts: Record<Way, HTMLElement[]> = {
    password: [
      warning,
      account.name,
      account.hint,
      other.opener,
      other.element,
      account.secret,
      ...keep.elements,
    ],
    external: [subtle(WEB_PAGE), other.opener, other.element, ...keep.elements],
    key: [warning, key.element, hint],
    settle: [notice.element],
    none: [refusal],
  };
  // Only what the way in asks for is in the page: no password manager fills, and no check stops, what is unseen.
  const fields = h("div", { class: "tiled-jupyter-fields" });
  const others = h("div", { class: "tiled-jupyter-others" }, toKey, toAccount, another, help.element);
  const actions = h(
    "div",
    { class: "tiled-jupyter-actions" },
    h("div", { class: "tiled-jupyter-buttons" }, ...notice.answers, submitButton, cancel),
    others,
  );
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    head.element,
    notes.element,
    failure,
    providers.element,
    advice,
    fields,
    actions,
  );
  let shown: { state: State; around: Around } | undefined;
  let provider: Provider | undefined;
  let way: Way | undefined;
  let byKey = false;
  // What a secret in a field was typed for.
  let purpose = "";

  function submit(event: Event): void {
    event.preventDefault();
    if (busy()) return;
    const remember = keep.wanted();
    if (way === "key") send({ type: "use_key" }, take(key.input));
    else if (way === "external" && provider) send({ type: "begin", provider: provider.name, remember });
    else if (way === "password" && provider) {
      const secret = take(account.password);
      send({ type: "sign_in", provider: provider.name, username: account.username.value, remember }, secret);
    }
  }

  function turnTo(wanted: boolean): void {
    byKey = wanted;
    again();
    (field() ?? (wanted ? toAccount : toKey)).focus();
  }

  function again(): void {
    if (shown) update(shown.state, shown.around);
  }

  function update(state: State, around: Around): void {
    const asked = formOf(state);
    if (!asked) return;
    shown = { state, around };
    const { server } = asked;
    const waits = isBusy(state);
    const exposed = around.exposed || isPageExposed(location);
    if (state.kind === "verifying") byKey = state.method === "api_key" && !asked.key;
    provider = chosen(asked, draft, exposed);
    turn(wayOf(asked, provider, byKey));
    const several = server.providers.length > 1;

    const single = !several && (way === "password" || way === "external");
    head.update(server.host, single ? `with your ${provider?.name} account` : "");
    notes.update(server);
    showAlert(failure, alertOf(state), waits);
    providers.update(several ? server.providers : [], provider);
    providers.element.hidden = !several || way === "key" || way === "settle";
    notice.update(asked.key);
    sayOrHide(warning, exposureOf(exposed, server));
    sayOrHide(refusal, provider ? refusalOf(provider) : "");
    sayOrHide(advice, (way === "password" || way === "external") && provider?.text ? provider.text : "");
    help.update(around);
    hint.hidden = server.providers.length > 0;
    keep.update(around.remember);
    sayOther(asked, around);

    submitButton.hidden = way === "settle" || way === "none";
    const anew = way === "external" && asked.failure?.kind === "expired";
    say(submitButton, anew ? "Get a new code" : "Sign in");
    // They keep their places: nothing moves under the pointer when a form is sent.
    keepPlace(cancel, !waits && !around.waiting);
    keepPlace(others, waits);
    toKey.hidden = way === "key" || way === "settle";
    toAccount.hidden = way !== "key" || server.providers.length === 0;
    another.hidden = around.waiting;
    markBusy(form, waits);
    if (provider) account.update(asked, provider, waits);
  }

  /** Show the fields of a way in; a secret typed for one place is not for the next. */
  function turn(next: Way): void {
    const forWhat = JSON.stringify([next, provider?.name, shown && formOf(shown.state)?.server.uri]);
    if (purpose !== forWhat) account.password.value = key.input.value = "";
    purpose = forWhat;
    if (way !== next) fields.replaceChildren(...parts[next]);
    way = next;
  }

  function sayOther({ expected, failure }: SignedOut, { waiting, cell }: Around): void {
    const who = nameOf(expected, "");
    say(other.opener, who ? `${who} · Not ${who}?` : "Somebody else?");
    const stops = cell === null ? "Stop it" : "Stop the cell";
    say(stop, stops);
    say(
      other.text,
      `Only ${whoMayResume(expected)} can resume this request. ${stops} and start as somebody else?`,
    );
    const isAsked = Boolean(expected) && waiting;
    if (!isAsked || busy() || failure?.kind === "cancelled") other.drop();
    other.opener.hidden = !isAsked || !other.element.hidden;
  }

  function field(): HTMLElement | null {
    if (way === "key") return key.input;
    return way === "password" ? account.field() : null;
  }

  return { element: form, update, field };
}

function wayOf({ key }: SignedOut, provider: Provider | undefined, byKey: boolean): Way {
  if (key) return "settle";
  if (!provider || byKey) return "key";
  if (refusalOf(provider)) return "none";
  return provider.mode === "internal" ? "password" : "external";
}
