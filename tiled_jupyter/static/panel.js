// src/dom.ts
function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
function sayOrHide(element, text) {
  say(element, text);
  element.hidden = text === "";
}
function unique() {
  return `t${Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("")}`;
}

// src/views/view.ts
function button(name, look, click) {
  return h(
    "button",
    {
      type: click ? "button" : "submit",
      class: `tiled-jupyter-button tiled-jupyter-${look}`,
      click: click ?? (() => void 0)
    },
    name
  );
}
function labelled(name, input) {
  return h("label", { class: "tiled-jupyter-label" }, h("span", {}, name), input);
}
function note() {
  return h("p", { class: "tiled-jupyter-note", role: "note", hidden: true });
}
function subtle(text = "") {
  return h("p", { class: "tiled-jupyter-subtle", hidden: text === "" }, text);
}
function headline() {
  const heading = h("h3", { class: "tiled-jupyter-heading" });
  const account = subtle();
  function update(host, words) {
    say(heading, `Sign in to ${host}`);
    sayOrHide(account, words);
  }
  return { element: h("div", {}, heading, account), update };
}
function take(input) {
  const typed = new TextEncoder().encode(input.value);
  input.value = "";
  return typed;
}
function isFormBusy(form) {
  return form.getAttribute("aria-busy") === "true";
}
function markBusy(form, busy) {
  form.setAttribute("aria-busy", String(busy));
  for (const input of form.querySelectorAll("input")) {
    input.readOnly = busy;
    input.setAttribute("aria-disabled", String(busy));
  }
  for (const each of form.querySelectorAll("[type=submit], [data-starts]"))
    each.setAttribute("aria-disabled", String(busy));
}
function showAlert(place2, sentence, busy) {
  const shown = place2.firstElementChild;
  if (busy) {
    if (shown) shown.style.visibility = "hidden";
  } else if (!sentence) {
    place2.replaceChildren();
  } else if (!shown || shown.style.visibility === "hidden" || shown.textContent !== sentence) {
    const alert = h("div", { role: "alert", class: "tiled-jupyter-alert" });
    place2.replaceChildren(alert);
    say(alert, sentence);
  }
}

// src/words.ts
var INACTIVE = "Tiled sign-in: run the cell to activate";
var RESTARTED = "The kernel was restarted. Run the cell again to sign in.";
var ELSEWHERE = "No longer needed: signed in elsewhere.";
function formOf(state) {
  return state.kind === "signed_out" ? state : "form" in state ? state.form : void 0;
}
function serverOf(state) {
  return "server" in state ? state.server : formOf(state)?.server;
}
function reasonOf(state) {
  const form = formOf(state);
  return (form?.expected && form.reason) ?? "";
}
function statusOf(state, provider) {
  switch (state.kind) {
    case "disconnected":
      return cancelled(state.failure) ?? "Not signed in";
    case "connecting":
      return `Connecting to ${state.address} \u2026`;
    case "signed_out":
      return cancelled(state.failure) ?? (state.expected ? null : state.reason) ?? "Not signed in";
    case "verifying":
      return {
        password: "Signing in \u2026",
        saved: "Signing in \u2026",
        api_key: "Checking the key \u2026",
        device: `Asking ${provider} for a code \u2026`
      }[state.method];
    case "awaiting_authorization":
      return "Waiting for your approval on the web page";
    case "signed_in":
      return state.identity ? `Signed in as ${state.identity.id}` : "Signed in with an API key";
    default:
      return state;
  }
}
function moodOf(state) {
  if (isBusy(state) || state.kind === "awaiting_authorization") return "busy";
  return state.kind === "signed_in" ? "done" : "idle";
}
function regionOf(state, number) {
  const server = state && serverOf(state);
  return `Tiled sign-in${server ? ` ${server.host}` : ""}${number > 1 ? ` (${number})` : ""}`;
}
function alertOf(state) {
  const failure = "failure" in state ? state.failure : null;
  return failure && failure.kind !== "cancelled" ? failure.sentence : "";
}
function isBusy(state) {
  return state.kind === "connecting" || state.kind === "verifying";
}
function needsPerson({ kind }) {
  return kind === "disconnected" || kind === "signed_out" || kind === "awaiting_authorization";
}
function patience(state, now) {
  if ("trouble" in state && state.trouble) return [state.trouble];
  if (!isBusy(state)) return [];
  const elapsed = now - state.since;
  const seconds = ` (${Math.floor(elapsed)} s)`;
  if (state.kind === "connecting") return elapsed < 3 ? [] : ["Still connecting", seconds];
  if (elapsed < 8) return [];
  const phone = ". If your facility uses a second factor, check your phone.";
  return ["Still waiting for the server", seconds, state.method === "password" ? phone : "."];
}
function lasting({ good_until, renews, method }, ahead) {
  if (good_until === null) return method === "api_key" ? "" : "How long this sign-in lasts is not known.";
  const until = new Date((good_until - ahead) * 1e3);
  const days = (until.getTime() - Date.now()) / 864e5;
  const say2 = (options) => until.toLocaleString("en-GB", options);
  const moment = [
    say2({ weekday: "short" }),
    ...days > 6 ? [say2({ day: "numeric", month: "short" })] : [],
    ...days > 300 ? [say2({ year: "numeric" })] : [],
    say2({ hour: "2-digit", minute: "2-digit" })
  ].join(" ");
  return `Signed in until ${renews ? "at least " : ""}${moment}`;
}
function countdown(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}
function cancelled(failure) {
  return failure?.kind === "cancelled" ? failure.sentence : null;
}

// src/attention.ts
var PATIENCE = 5e3;
var MARK = "\u25CF ";
var PLACE = "tiled-jupyter-attention";
function makeAttention(makeForm) {
  const views = /* @__PURE__ */ new Map();
  let heard;
  let timer;
  let item;
  let form;
  let before = null;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting, intersectionRatio, intersectionRect } of entries)
        for (const card of views.keys())
          if (card.element === target)
            views.set(card, isIntersecting && (intersectionRatio >= 0.25 || intersectionRect.height >= 100));
      look();
    },
    { threshold: [0, 0.1, 0.25, 0.5, 1] }
  );
  document.addEventListener("visibilitychange", look);
  function look() {
    const waiting = heard?.around.waiting === true;
    const seen = document.visibilityState === "visible" && [...views.values()].includes(true);
    const wanted = heard && waiting && (form ? heard.state.kind !== "signed_in" : needsPerson(heard.state));
    if (!wanted || seen) hide();
    else if (item) mark();
    else timer ??= setTimeout(show, PATIENCE);
  }
  function show() {
    if (!heard) return;
    before = document.activeElement;
    const { cell } = heard.around;
    const words = `${cell === null ? "A cell" : `Cell ${cell}`} waits for your Tiled sign-in`;
    const text = h("p", { role: "status" });
    item = h("div", { class: "tiled-jupyter-call" }, text);
    place().append(item);
    text.textContent = words;
    if (reachable()) item.append(button("Go to cell", "secondary", go));
    else showForm();
    mark();
  }
  function reachable() {
    return [...views.keys()].find(({ element }) => element.getClientRects().length > 0);
  }
  function go() {
    const card = reachable();
    card?.element.scrollIntoView({ block: "center" });
    if (card) card.focus();
    else showForm();
  }
  function showForm() {
    if (!heard || !item) return;
    form = makeForm();
    item.querySelector("button")?.remove();
    item.append(form.element);
    form.show(heard);
  }
  function hide() {
    clearTimeout(timer);
    timer = void 0;
    if (!item) return;
    const focused = item.contains(document.activeElement);
    form?.close();
    item.remove();
    form = item = void 0;
    if (focused && before instanceof HTMLElement) before.focus();
    const shared = place();
    if (shared.childElementCount > 0) return;
    shared.remove();
    unmark(shared);
  }
  return {
    hear: (next) => {
      heard = next;
      if (heard) form?.show(heard);
      look();
    },
    watch: (card) => {
      views.set(card, false);
      observer.observe(card.element);
      look();
      return () => {
        observer.unobserve(card.element);
        views.delete(card);
        look();
      };
    },
    close: () => {
      heard = void 0;
      hide();
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    }
  };
}
function place() {
  const found = document.querySelector(`body > .${PLACE}`);
  if (found) return found;
  const made = h("section", {
    class: PLACE,
    "aria-label": "Waiting for you",
    "data-lm-suppress-shortcuts": "true"
  });
  document.body.append(made);
  return made;
}
function mark() {
  if (document.title.includes(MARK)) return;
  place().dataset.title = document.title;
  document.title = MARK + document.title;
}
function unmark({ dataset: { title } }) {
  if (title !== void 0) document.title = document.title.replace(MARK + title, () => title);
}

// src/views/question.ts
function question(name, opener, answers, back) {
  const text = h("p", { id: unique() });
  const element = h(
    "div",
    {
      class: "tiled-jupyter-question",
      role: "group",
      tabindex: "-1",
      "aria-label": name,
      "aria-describedby": text.id,
      hidden: true,
      keydown: (event) => {
        if (event.key === "Escape") ask(false);
      }
    },
    text,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      ...answers,
      button(back, "secondary", () => ask(false))
    )
  );
  opener.addEventListener("click", () => ask(true));
  function ask(open) {
    if (opener.getAttribute("aria-disabled") === "true") return;
    set(open);
    (open ? element : opener).focus();
  }
  function set(open) {
    element.hidden = !open;
    opener.hidden = open;
  }
  return { element, text, opener, ask, drop: () => set(false) };
}

// src/views/account.ts
function accountView({ send }) {
  const provenance = subtle();
  const until = subtle();
  const memory = subtle("For this notebook only: nothing is stored.");
  const acting = subtle();
  const here = button("Only this notebook", "secondary", () => leave(false));
  const everywhere = button("Everywhere on this account", "secondary", () => leave(true));
  const signOut = button("Sign out", "secondary", () => void 0);
  const confirmation = question("Sign out", signOut, [here, everywhere], "Stay");
  const stranger = button("Not you?", "quiet", () => leave(false));
  const instead = button("Sign in with your account instead", "quiet", () => end({ type: "set_key_aside" }));
  const element = h(
    "div",
    { class: "tiled-jupyter-account" },
    h("div", { class: "tiled-jupyter-details" }, provenance, until, memory, acting, instead),
    signOut,
    confirmation.element
  );
  let leaving = false;
  function leave(everywhere2) {
    end({ type: "sign_out", everywhere: everywhere2 });
  }
  function end(command) {
    if (!leaving) send(command);
    markLeaving(true);
  }
  function markLeaving(now) {
    leaving = now;
    for (const each of [stranger, ...element.querySelectorAll("button")])
      each.setAttribute("aria-disabled", String(now));
  }
  function update(state, around) {
    if (state.kind !== "signed_in") return;
    markLeaving(false);
    const { identity, method, server } = state;
    const isKey = method === "api_key";
    const from = identity?.provider ? `${identity.provider}: ${identity.id} \xB7 ` : "";
    sayOrHide(provenance, `${from}${state.provenance}`);
    sayOrHide(until, lasting(state, around.ahead));
    memory.hidden = state.remembered;
    sayOrHide(
      acting,
      `Anyone who can run cells here acts ${identity ? `as ${identity.id}` : "with this API key"}.`
    );
    say(confirmation.text, consequenceOf(state));
    everywhere.hidden = isKey;
    stranger.hidden = method !== "saved";
    instead.hidden = !isKey || server.providers.length === 0;
    signOut.classList.toggle("tiled-jupyter-primary", !state.remembered);
    signOut.classList.toggle("tiled-jupyter-secondary", state.remembered);
  }
  return { element, aside: stranger, update, field: () => null };
}
function consequenceOf({ method, api_keys: keys }) {
  if (method === "api_key") return "The API key itself keeps working.";
  const kept = keys ? ` Your ${keys === 1 ? "API key keeps" : `${keys} API keys keep`} working.` : "";
  return `\u201CEverywhere\u201D also ends your sign-in in other notebooks and terminals of this account.${kept}`;
}

// src/address.ts
function parsed(uri) {
  try {
    return new URL(uri);
  } catch {
    return null;
  }
}
function isLoopback(hostname) {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
function linkTo(uri) {
  const url = uri === null ? null : parsed(uri);
  if (!url || url.username || url.password) return null;
  const safe = url.protocol === "https:" || url.protocol === "http:" && isLoopback(url.hostname);
  return safe ? url.href : null;
}
function hostOf(uri) {
  return parsed(uri)?.host ?? "";
}
function isPageExposed({ protocol, hostname }) {
  return protocol === "http:" && !isLoopback(hostname);
}

// src/views/device.ts
var PNG = "data:image/png;base64,";
function deviceView({ send }) {
  const head = headline();
  const link = h(
    "a",
    {
      class: "tiled-jupyter-button tiled-jupyter-primary",
      target: "_blank",
      rel: "noopener noreferrer"
    },
    "Open sign-in page"
  );
  const address = h("p", { class: "tiled-jupyter-subtle" });
  const code = h("div", {
    class: "tiled-jupyter-code",
    role: "group",
    "aria-label": "User code",
    tabindex: "0"
  });
  const copied = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const copy = button("Copy code", "secondary", () => void copyCode());
  const image = h("img", { alt: "QR code of the sign-in page" });
  const caption = h("figcaption", { class: "tiled-jupyter-subtle" });
  const figure = h("figure", { class: "tiled-jupyter-qr", id: unique(), hidden: true }, image, caption);
  const toggle = button("Show QR code", "quiet", () => showQr(figure.hidden));
  toggle.setAttribute("aria-controls", figure.id);
  const advice = h("p");
  const left = h("span", { role: "timer", class: "tiled-jupyter-subtle" });
  const warning = h("span", { class: "tiled-jupyter-unseen", "aria-live": "polite" });
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const element = h(
    "div",
    { class: "tiled-jupyter-form" },
    head.element,
    h("div", { class: "tiled-jupyter-page" }, link, address),
    h("div", { class: "tiled-jupyter-actions" }, code, copy, copied),
    advice,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      cancel,
      h("div", { class: "tiled-jupyter-others" }, left, toggle)
    ),
    warning,
    figure
  );
  let deadline = 0;
  async function copyCode() {
    say(copied, "");
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      say(copied, "Copied");
    } catch {
      getSelection()?.selectAllChildren(code);
      say(copied, `Press ${navigator.platform.startsWith("Mac") ? "\u2318C" : "Ctrl+C"}`);
    }
  }
  function showQr(open) {
    figure.hidden = !open;
    say(toggle, open ? "Hide QR code" : "Show QR code");
    toggle.setAttribute("aria-expanded", String(open));
  }
  function update(state) {
    if (state.kind !== "awaiting_authorization") return;
    const { form, provider } = state;
    const { user_code, verification_uri, verification_uri_complete, qr } = state.code;
    const href = linkTo(verification_uri_complete) ?? linkTo(verification_uri);
    const picture = qr?.startsWith(PNG) ? qr : null;
    deadline = state.code.deadline;
    const as = form.expected ? `as ${form.expected.id} ` : "";
    head.update(form.server.host, `${as}with your ${provider} account`);
    link.hidden = href === null;
    if (href) link.href = href;
    else link.removeAttribute("href");
    say(address, verification_uri);
    say(code, user_code);
    say(advice, `Approve only if you started this, on ${form.server.host}, and the codes match.`);
    toggle.hidden = picture === null;
    if (!picture) showQr(false);
    else if (image.src !== picture) image.src = picture;
    say(caption, `Your phone must be able to reach ${hostOf(verification_uri)}`);
  }
  function tick(now) {
    const seconds = deadline - now;
    say(left, `Expires in ${countdown(seconds)}`);
    const minutes = seconds <= 60 ? "1 minute" : "5 minutes";
    say(warning, seconds <= 300 && seconds > 0 ? `The code expires in ${minutes}.` : "");
  }
  return { element, update, tick, field: () => null };
}

// src/views/providers.ts
function chosen(form, draft, exposed) {
  const { providers, preferred } = form.server;
  const usable = providers.filter((provider) => refusalOf(provider) === "");
  const named = (name, among = providers) => among.find((provider) => provider.name === name);
  return named(draft.provider) ?? named(form.expected?.provider) ?? (exposed ? usable.find(({ mode }) => mode === "external") : void 0) ?? named(preferred, usable) ?? usable[0] ?? providers[0];
}
function refusalOf({ name, mode, refusal }) {
  if (refusal) return refusal;
  return mode === "internal" || mode === "external" ? "" : `This panel cannot sign in with ${name}.`;
}
function providerChoice(draft, isBusy2, changed) {
  const legend = h("span", { id: unique(), class: "tiled-jupyter-legend" }, "Sign in with");
  const choices = h("div", { class: "tiled-jupyter-radios" });
  const element = h(
    "div",
    { class: "tiled-jupyter-providers", role: "radiogroup", "aria-labelledby": legend.id },
    legend,
    choices
  );
  const group = unique();
  let offered = "";
  function radio({ name }) {
    const input = h("input", {
      type: "radio",
      name: group,
      value: name,
      change: () => {
        if (!isBusy2()) draft.provider = name;
        changed();
      }
    });
    return h("label", { class: "tiled-jupyter-option" }, input, h("span", {}, name));
  }
  function update(providers, selected) {
    const names = JSON.stringify(providers.map(({ name }) => name));
    if (offered !== names) choices.replaceChildren(...providers.map(radio));
    offered = names;
    for (const input of choices.querySelectorAll("input")) input.checked = input.value === selected?.name;
  }
  return { element, update };
}

// src/views/server.ts
function serverView({ draft, send }) {
  const names = h("datalist", { id: unique() });
  const address = h("input", {
    type: "text",
    name: "tiled-server",
    // A list makes a field a combobox to assistive technology; people know this one as a text field.
    role: "textbox",
    list: names.id,
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    input: () => {
      draft.address = address.value;
    }
  });
  const failure = h("div", { class: "tiled-jupyter-alerts" });
  const connect = button("Connect", "primary");
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("h3", { class: "tiled-jupyter-heading" }, "Sign in to a Tiled server"),
    failure,
    labelled("Tiled server (address or saved name)", address),
    names,
    h("div", { class: "tiled-jupyter-actions" }, connect, cancel)
  );
  let given;
  let offered = "";
  address.value = draft.address;
  function submit(event) {
    event.preventDefault();
    if (isFormBusy(form)) return;
    draft.address = "";
    send({ type: "connect" }, new TextEncoder().encode(address.value.trim()));
  }
  function update(state, around) {
    if (state.kind !== "disconnected" && state.kind !== "connecting") return;
    const busy = isBusy(state);
    if (busy || given !== state.address && !draft.address) address.value = state.address;
    given = state.address;
    if (offered !== around.servers.join()) {
      offered = around.servers.join();
      names.replaceChildren(...around.servers.map((server) => h("option", { value: server })));
    }
    markBusy(form, busy);
    showAlert(failure, alertOf(state), busy);
    cancel.hidden = !busy && !around.waiting;
  }
  return { element: form, update, field: () => address };
}

// src/views/keep.ts
var EVERYONE = "for everyone who uses this computer account";
var HERE_ONLY = "this notebook only: nothing is stored";
var DECIDED = {
  ask: "",
  always: "You stay signed in on this computer account.",
  never: "You are signed in for this notebook only."
};
function keepChoice(draft, isBusy2) {
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" });
  const keep = h("input", {
    type: "checkbox",
    name: "remember",
    "aria-describedby": help.id,
    click: (event) => {
      if (isBusy2()) event.preventDefault();
    },
    change: () => {
      draft.remember = keep.checked;
      sayHelp();
    }
  });
  const choice = h(
    "div",
    { class: "tiled-jupyter-choice" },
    h("label", { class: "tiled-jupyter-option" }, keep, h("span", {}, "Keep me signed in")),
    help
  );
  const decided = subtle();
  let remember = "ask";
  keep.checked = draft.remember;
  function sayHelp() {
    say(help, keep.checked ? EVERYONE : HERE_ONLY);
  }
  function update(setting) {
    remember = setting;
    choice.hidden = remember !== "ask";
    sayOrHide(decided, DECIDED[remember]);
    sayHelp();
  }
  const wanted = () => remember === "ask" ? keep.checked : remember === "always";
  return { elements: [choice, decided], update, wanted };
}

// src/views/key.ts
function keyField() {
  const input = h("input", {
    type: "password",
    name: "tiled-api-key",
    autocomplete: "off",
    autocapitalize: "none",
    spellcheck: "false",
    required: true
  });
  return { element: labelled("API key", input), input };
}
function keyNotice(send, isBusy2) {
  const sentence = note();
  sentence.hidden = false;
  const answer = (name, look, type) => {
    const made = button(name, look, () => {
      if (!isBusy2()) send({ type });
    });
    made.dataset.starts = "";
    return made;
  };
  const aside = answer("Set the key aside", "primary", "set_key_aside");
  const accept = answer("Use this key", "secondary", "accept_key");
  function update(notice) {
    if (notice) say(sentence, notice.sentence);
    aside.hidden = !notice;
    accept.hidden = !notice?.usable;
  }
  return { element: sentence, answers: [aside, accept], update };
}

// src/views/notes.ts
var MANY = 150;
function serverNotes() {
  const notes = [note(), note(), note()];
  function update(server) {
    const texts = notesOf(server);
    notes.forEach((each, i) => {
      sayOrHide(each, texts[i] ?? "");
    });
    element.hidden = texts.length === 0;
  }
  const element = h("div", { class: "tiled-jupyter-notes", hidden: true }, ...notes);
  return { element, update };
}
function notesOf({ host, new: unknown, required, sign_ins }) {
  const notes = [];
  if (unknown)
    notes.push(
      `You have not signed in to ${host} from this computer account before. Check that the address is right.`
    );
  if (!required)
    notes.push(`You can use the public data of ${host} without signing in. Signing in may show more.`);
  if (sign_ins !== null && sign_ins >= MANY)
    notes.push(
      `This account had ${sign_ins} of 200 sign-ins when last seen; a server may refuse more. Ended ones count too; an API key makes none.`
    );
  return notes;
}
function exposureOf(exposed, server) {
  if (!exposed) return "";
  const page = server.providers.find(({ mode, refusal }) => mode === "external" && !refusal);
  const better = page ? ` Prefer ${page.name}: you sign in on a web page, and type nothing here.` : "";
  return `What you type travels to this kernel over a network without encryption: others there may read it.${better}`;
}

// src/views/password.ts
function passwordFields(draft) {
  const username = h("input", {
    type: "text",
    name: "username",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    input: () => {
      draft.username = username.value;
    }
  });
  const password = h("input", {
    type: "password",
    name: "password",
    autocomplete: "current-password",
    required: true
  });
  let locked = false;
  username.value = draft.username;
  function update(expected, { name }, busy) {
    const lock = expected !== null && [name, null].includes(expected.provider);
    if (lock) username.value = expected.id;
    else if (locked) username.value = draft.username;
    locked = lock;
    username.readOnly = busy || locked;
  }
  return {
    name: labelled("Username", username),
    secret: labelled("Password", password),
    username,
    password,
    update,
    field: () => username.value ? password : username
  };
}

// src/views/signin.ts
var NO_PROVIDERS = "This server signs people in with an API key. One that you started yourself prints it.";
var WEB_PAGE = "You sign in on a web page: you get its link, and a code.";
function signInView({ draft, send }) {
  const busy = () => isFormBusy(form);
  const head = headline();
  const notes = serverNotes();
  const failure = h("div", { class: "tiled-jupyter-alerts" });
  const providers = providerChoice(draft, busy, again);
  const warning = note();
  const refusal = note();
  const account = passwordFields(draft);
  const key = keyField();
  const hint = subtle(NO_PROVIDERS);
  const notice = keyNotice(send, busy);
  const keep = keepChoice(draft, busy);
  const stop = button("Stop the cell", "secondary", () => send({ type: "cancel" }));
  const other = question(
    "Somebody else",
    button("", "quiet", () => void 0),
    [stop],
    "Back"
  );
  const submitButton = button("Sign in", "primary");
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const toKey = button("Use an API key", "quiet", () => turnTo(true));
  const toAccount = button("Use your account instead", "quiet", () => turnTo(false));
  const another = button("Use another server", "quiet", () => send({ type: "change_server" }));
  other.opener.dataset.starts = "";
  const parts = {
    password: [warning, account.name, other.opener, other.element, account.secret, ...keep.elements],
    external: [subtle(WEB_PAGE), other.opener, other.element, ...keep.elements],
    key: [warning, key.element, hint],
    settle: [notice.element],
    none: [refusal]
  };
  const fields = h("div", { class: "tiled-jupyter-fields" });
  const actions = h(
    "div",
    { class: "tiled-jupyter-actions" },
    h("div", { class: "tiled-jupyter-buttons" }, ...notice.answers, submitButton, cancel),
    h("div", { class: "tiled-jupyter-others" }, toKey, toAccount, another)
  );
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    head.element,
    notes.element,
    failure,
    providers.element,
    fields,
    actions
  );
  let shown;
  let provider;
  let way;
  let byKey = false;
  let purpose = "";
  function submit(event) {
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
  function turnTo(wanted) {
    byKey = wanted;
    again();
    (field() ?? (wanted ? toAccount : toKey)).focus();
  }
  function again() {
    if (shown) update(shown.state, shown.around);
  }
  function update(state, around) {
    const asked = formOf(state);
    if (!asked) return;
    shown = { state, around };
    const { server, expected } = asked;
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
    hint.hidden = server.providers.length > 0;
    keep.update(around.remember);
    sayOther(asked);
    submitButton.hidden = way === "settle" || way === "none";
    const anew = way === "external" && asked.failure?.kind === "expired";
    say(submitButton, anew ? "Get a new code" : "Sign in");
    cancel.hidden = !waits && !around.waiting;
    toKey.hidden = waits || way === "key" || way === "settle";
    toAccount.hidden = waits || way !== "key" || server.providers.length === 0;
    another.hidden = waits || around.waiting;
    markBusy(form, waits);
    if (provider) account.update(expected, provider, waits);
  }
  function turn(next) {
    const forWhat = JSON.stringify([next, provider?.name, shown && formOf(shown.state)?.server.uri]);
    if (purpose !== forWhat) account.password.value = key.input.value = "";
    purpose = forWhat;
    if (way !== next) fields.replaceChildren(...parts[next]);
    way = next;
  }
  function sayOther({ expected, failure: failure2 }) {
    const who = expected?.id ?? "";
    say(other.opener, `${who} \xB7 Not ${who}?`);
    say(other.text, `Only ${who} can resume this request. Stop the cell and start as somebody else?`);
    if (!expected || busy() || failure2?.kind === "cancelled") other.drop();
    if (!expected) other.opener.hidden = true;
  }
  function field() {
    if (way === "key") return key.input;
    return way === "password" ? account.field() : null;
  }
  return { element: form, update, field };
}
function wayOf({ key }, provider, byKey) {
  if (key) return "settle";
  if (!provider || byKey) return "key";
  if (refusalOf(provider)) return "none";
  return provider.mode === "internal" ? "password" : "external";
}

// src/card.ts
function makerOf(kind) {
  switch (kind) {
    case "disconnected":
    case "connecting":
      return serverView;
    case "signed_out":
    case "verifying":
      return signInView;
    case "awaiting_authorization":
      return deviceView;
    case "signed_in":
      return accountView;
    default:
      return kind;
  }
}
var KEPT_INSIDE = ["keydown", "keypress", "keyup", "paste", "copy", "cut"];
function makeCard(context, inactive) {
  let heard;
  let maker;
  let view;
  let clock;
  let parked;
  const neutral = h("p", { class: "tiled-jupyter-inactive", hidden: !inactive }, INACTIVE);
  const body = h("div", { class: "tiled-jupyter-body" });
  const status = h("span", { role: "status", class: "tiled-jupyter-status", tabindex: "-1" });
  const where = h("span", { class: "tiled-jupyter-where" });
  const aside = h("span", { class: "tiled-jupyter-aside" });
  const reason = h("p", { class: "tiled-jupyter-note tiled-jupyter-reason", "aria-live": "polite" });
  const waiting = h("p", { class: "tiled-jupyter-subtle" });
  const slow = [
    h("span", { "aria-live": "polite" }),
    h("span"),
    h("span", { "aria-live": "polite" })
  ];
  const element = h(
    "section",
    {
      class: "tiled-jupyter-panel",
      role: "region",
      "aria-label": regionOf(void 0, 1),
      "data-lm-suppress-shortcuts": "true"
    },
    neutral,
    reason,
    // First, although forms show it last: the focus goes on from the status to Sign out.
    h(
      "div",
      { class: "tiled-jupyter-foot" },
      h("div", { class: "tiled-jupyter-line" }, status, where, aside),
      waiting,
      h("p", { class: "tiled-jupyter-subtle tiled-jupyter-patience" }, ...slow)
    ),
    body
  );
  for (const type of KEPT_INSIDE) element.addEventListener(type, (event) => event.stopPropagation());
  function unpark() {
    const next = parked;
    parked = void 0;
    if (next) draw(next);
    return next !== void 0;
  }
  element.addEventListener("focusout", ({ relatedTarget }) => {
    if (!element.contains(relatedTarget)) unpark();
  });
  element.addEventListener(
    "submit",
    (event) => {
      if (!unpark()) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true }
  );
  function show(next) {
    const { state } = next;
    const elsewhere = state.kind === "signed_in" && state.method === "saved" && heard?.state.kind === "signed_out";
    parked = elsewhere && isTyping() ? next : void 0;
    if (parked) sayFoot(ELSEWHERE, "", "");
    else draw(next);
  }
  function draw(next) {
    const { state, around } = next;
    const previous = heard?.state;
    const focused = focusInside();
    const rebuilt = maker !== makerOf(state.kind);
    heard = next;
    if (rebuilt || !view) {
      maker = makerOf(state.kind);
      view = maker(context);
      body.replaceChildren(view.element);
      aside.replaceChildren(view.aside ?? "");
    }
    neutral.hidden = true;
    element.dataset.kind = state.kind;
    element.dataset.mood = moodOf(state);
    const folded = around.resuming && state.kind === "signed_in";
    element.toggleAttribute("data-folded", folded);
    body.hidden = aside.hidden = folded;
    element.setAttribute("aria-label", regionOf(state, place2(state)));
    view.update(state, around);
    say(reason, reasonOf(state));
    const form = formOf(state);
    const turn = state.kind !== "connecting" && state.kind !== "signed_in";
    sayFoot(
      statusOf(state, (form && chosen(form, context.draft, around.exposed)?.name) ?? ""),
      state.kind === "signed_in" ? `on ${state.server.host}` : "",
      around.waiting && turn ? "The cell is waiting for you to sign in." : ""
    );
    close();
    tick();
    if (isBusy(state) || view.tick) clock = setInterval(tick, 1e3);
    if (focused) moveFocus(focused, previous, state, rebuilt);
  }
  function place2(state) {
    element.dataset.name = regionOf(state, 1);
    const panels = Array.from(element.ownerDocument.querySelectorAll(".tiled-jupyter-panel"));
    const same = panels.filter((panel) => panel !== element && panel.dataset.name === element.dataset.name);
    const before = (panel) => element.compareDocumentPosition(panel) & Node.DOCUMENT_POSITION_PRECEDING;
    return 1 + same.filter((panel) => !element.isConnected || before(panel)).length;
  }
  function restarted() {
    if (!heard) return;
    close();
    maker = view = heard = void 0;
    body.replaceChildren();
    aside.replaceChildren();
    say(reason, "");
    element.dataset.kind = "restarted";
    element.dataset.mood = "idle";
    sayFoot(RESTARTED, "", "");
    tick();
  }
  function close() {
    clearInterval(clock);
  }
  function sayFoot(what, at, hint) {
    say(status, what);
    say(where, at);
    sayOrHide(waiting, hint);
  }
  function tick() {
    const now = Date.now() / 1e3 + (heard?.around.ahead ?? 0);
    const words = heard ? patience(heard.state, now) : [];
    view?.tick?.(now);
    slow.forEach((part, i) => {
      say(part, words[i] ?? "");
    });
  }
  function isTyping() {
    const focused = focusInside();
    if (parked) return true;
    if (!(focused instanceof HTMLInputElement) || focused.readOnly) return false;
    return ["text", "password"].includes(focused.type) && focused.value !== "";
  }
  function focus() {
    (view?.field() ?? status).focus();
  }
  function focusInside() {
    const { activeElement } = element.ownerDocument;
    return element.contains(activeElement) ? activeElement : null;
  }
  function moveFocus(focused, previous, state, rebuilt) {
    const lost = !element.contains(focused) || focused.closest("[hidden]") !== null;
    const sameKind = previous?.kind === state.kind;
    if (!lost && (sameKind || isBusy(state) && !rebuilt)) return;
    const toStatus = sameKind || state.kind === "signed_in" || previous?.kind === "signed_in";
    if (toStatus) status.focus();
    else focus();
  }
  return { element, show, focus, restarted, close };
}

// src/transport.ts
var REPEAT = 250;
var GIVE_UP = 15e3;
function makeLink(model) {
  let transport = "shell";
  let comm = "";
  function kernel() {
    return model.widget_manager?.kernel;
  }
  function control() {
    return typeof kernel()?.sendControlMessage === "function";
  }
  function follow(message) {
    transport = message.transport;
    comm = message.comm;
  }
  function send(command, secret) {
    const content = { ...command, id: unique() };
    const buffers = secret ? [secret.buffer] : [];
    const lab = kernel();
    if (transport === "control" && comm && lab?.sendControlMessage) {
      const header = {
        msg_id: unique(),
        session: lab.clientId,
        username: lab.username ?? "",
        date: (/* @__PURE__ */ new Date()).toISOString(),
        msg_type: "comm_msg",
        version: "5.3"
      };
      const data = { method: "custom", content };
      const message = { header, parent_header: {}, metadata: {}, channel: "control", buffers };
      lab.sendControlMessage({ ...message, content: { comm_id: comm, data } }, false, true);
    } else {
      model.send(content, void 0, buffers);
    }
  }
  function onRestart(callback) {
    const signal = kernel()?.statusChanged;
    const slot = (_, status) => {
      if (status === "restarting" || status === "autorestarting") callback();
    };
    signal?.connect(slot);
    return () => signal?.disconnect(slot);
  }
  return { control, follow, send, onRestart };
}
function repeat(say2) {
  const timer = setInterval(say2, REPEAT);
  const stop = () => {
    clearInterval(timer);
    clearTimeout(end);
  };
  const end = setTimeout(stop, GIVE_UP);
  say2();
  return stop;
}

// src/panel.ts
var panel_default = () => {
  const draft = { address: "", username: "", remember: true, provider: "" };
  const cards = /* @__PURE__ */ new Set();
  const untilHeard = /* @__PURE__ */ new Set();
  const untilState = /* @__PURE__ */ new Set();
  let latest;
  let link;
  const attention = makeAttention(
    () => makeCard({ draft, send: (command, secret) => link?.send(command, secret) }, false)
  );
  function hear(message) {
    link?.follow(message);
    stopAll(untilHeard);
    if (message.type === "ping") {
      link?.send({ type: "pong", control: link.control() });
      return;
    }
    stopAll(untilState);
    const { type: _, state, ...around } = message;
    latest = { state, around: { ...around, ahead: around.now - Date.now() / 1e3 } };
    for (const card of cards) card.show(latest);
    attention.hear(latest);
  }
  function initialize({ model }) {
    const made = makeLink(model);
    link = made;
    model.on("msg:custom", hear);
    untilHeard.add(repeat(() => made.send({ type: "alive", control: made.control() })));
    const forget = made.onRestart(() => {
      latest = void 0;
      for (const card of cards) card.restarted();
      attention.hear(void 0);
    });
    return () => {
      stopAll(untilHeard);
      attention.close();
      forget();
      model.off("msg:custom", hear);
    };
  }
  function render({ model, el }) {
    const made = link ?? makeLink(model);
    const card = makeCard({ draft, send: made.send }, Boolean(model.get("inactive")));
    cards.add(card);
    el.replaceChildren(card.element);
    if (latest) card.show(latest);
    const stop = repeat(() => made.send({ type: "ready", control: made.control() }));
    untilState.add(stop);
    const unwatch = attention.watch(card);
    return () => {
      stop();
      unwatch();
      card.close();
      cards.delete(card);
    };
  }
  return { initialize, render };
};
function stopAll(running) {
  for (const stop of running) stop();
  running.clear();
}
export {
  panel_default as default
};
