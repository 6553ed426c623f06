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
function markBusy(form, submit, busy) {
  form.setAttribute("aria-busy", String(busy));
  submit.setAttribute("aria-disabled", String(busy));
  for (const input of form.querySelectorAll("input")) {
    input.readOnly = busy;
    input.setAttribute("aria-disabled", String(busy));
  }
}
function showAlert(place, sentence, busy) {
  const shown = place.firstElementChild;
  if (busy) {
    if (shown) shown.style.visibility = "hidden";
  } else if (!sentence) {
    place.replaceChildren();
  } else if (!shown || shown.style.visibility === "hidden" || shown.textContent !== sentence) {
    const alert = h("div", { role: "alert", class: "tiled-jupyter-alert" });
    place.replaceChildren(alert);
    say(alert, sentence);
  }
}

// src/views/account.ts
function accountView({ send }) {
  const provenance = h("p", { class: "tiled-jupyter-subtle" });
  const memory = h("p", { class: "tiled-jupyter-subtle" }, "For this notebook only: nothing is stored.");
  const acting = h("p", { class: "tiled-jupyter-subtle" });
  const signOut = button("Sign out", "secondary", () => ask(true));
  const consequence = h("p", { id: unique() });
  const here = button("Only this notebook", "secondary", () => leave(false));
  const everywhere = button("Everywhere on this account", "secondary", () => leave(true));
  const stay = button("Stay", "secondary", () => ask(false));
  const confirmation = h(
    "div",
    {
      class: "tiled-jupyter-confirmation",
      role: "group",
      tabindex: "-1",
      "aria-label": "Sign out",
      "aria-describedby": consequence.id,
      hidden: true,
      keydown: (event) => {
        if (event.key === "Escape") ask(false);
      }
    },
    consequence,
    h("div", { class: "tiled-jupyter-actions" }, here, everywhere, stay)
  );
  const element = h(
    "div",
    { class: "tiled-jupyter-account" },
    h("div", { class: "tiled-jupyter-details" }, provenance, memory, acting),
    signOut,
    confirmation
  );
  let leaving = false;
  function ask(open) {
    if (leaving) return;
    confirmation.hidden = !open;
    signOut.hidden = open;
    (open ? confirmation : signOut).focus();
  }
  function leave(all) {
    if (leaving) return;
    markLeaving(true);
    send({ type: "sign_out", everywhere: all });
  }
  function markLeaving(now) {
    leaving = now;
    for (const each of [here, everywhere, stay]) each.setAttribute("aria-disabled", String(now));
  }
  function update(state) {
    if (state.kind !== "signed_in") return;
    markLeaving(false);
    const { identity, method } = state;
    const from = identity?.provider ? `${identity.provider}: ${identity.id} \xB7 ` : "";
    say(provenance, `${from}${state.provenance}`);
    memory.hidden = state.remembered;
    say(
      acting,
      `Anyone who can run cells here acts ${identity ? `as ${identity.id}` : "with this API key"}.`
    );
    say(consequence, consequenceOf(state));
    everywhere.hidden = method === "api_key";
    signOut.classList.toggle("tiled-jupyter-primary", !state.remembered);
    signOut.classList.toggle("tiled-jupyter-secondary", state.remembered);
  }
  return { element, update, field: () => null };
}
function consequenceOf({ method, api_keys: keys }) {
  if (method === "api_key") return "The API key itself keeps working.";
  const kept = keys ? ` Your ${keys === 1 ? "API key keeps" : `${keys} API keys keep`} working.` : "";
  return `\u201CEverywhere\u201D also ends your sign-in in other notebooks and terminals of this account.${kept}`;
}

// src/words.ts
var INACTIVE = "Tiled sign-in: run the cell to activate";
var RESTARTED = "The kernel was restarted. Run the cell again to sign in.";
var ELSEWHERE = "No longer needed: signed in elsewhere.";
function statusOf(state) {
  switch (state.kind) {
    case "disconnected":
      return cancelled(state.failure) ?? "Not signed in";
    case "connecting":
      return `Connecting to ${state.address} \u2026`;
    case "signed_out":
      return cancelled(state.failure) ?? state.reason ?? "Not signed in";
    case "verifying":
      return "Signing in \u2026";
    case "signed_in":
      return state.identity ? `Signed in as ${state.identity.id}` : "Signed in with an API key";
    default:
      return state;
  }
}
function moodOf(state) {
  if (isBusy(state)) return "busy";
  return state.kind === "signed_in" ? "done" : "idle";
}
function regionOf(state, number) {
  const host = state && "server" in state ? ` ${state.server.host}` : "";
  return `Tiled sign-in${host}${number > 1 ? ` (${number})` : ""}`;
}
function alertOf(state) {
  const failure = "failure" in state ? state.failure : null;
  return failure && failure.kind !== "cancelled" ? failure.sentence : "";
}
function isBusy(state) {
  return state.kind === "connecting" || state.kind === "verifying";
}
function patience(state, now) {
  if (!isBusy(state)) return [];
  const elapsed = now - state.since;
  const seconds = ` (${Math.floor(elapsed)} s)`;
  if (state.kind === "connecting") return elapsed < 3 ? [] : ["Still connecting", seconds];
  const phone = ". If your facility uses a second factor, check your phone.";
  return elapsed < 8 ? [] : ["Still waiting for the server", seconds, phone];
}
function cancelled(failure) {
  return failure?.kind === "cancelled" ? failure.sentence : null;
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
    if (form.getAttribute("aria-busy") === "true") return;
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
    markBusy(form, connect, busy);
    showAlert(failure, alertOf(state), busy);
    cancel.hidden = !busy && !around.waiting;
  }
  return { element: form, update, field: () => address };
}

// src/views/signin.ts
var EVERYONE = "for everyone who uses this computer account";
var HERE_ONLY = "this notebook only: nothing is stored";
var NO_SIGN_IN = "This server has no sign-in. Use an address with an API key.";
function signInView({ draft, send }) {
  let provider;
  let remember = "ask";
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
    }
  });
  const password = h("input", {
    type: "password",
    name: "password",
    autocomplete: "current-password",
    required: true
  });
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" });
  const keep = h("input", {
    type: "checkbox",
    name: "remember",
    "aria-describedby": help.id,
    click: (event) => {
      if (isFormBusy()) event.preventDefault();
    },
    change: () => {
      draft.remember = keep.checked;
      sayHelp();
    }
  });
  const choice = h(
    "div",
    { class: "tiled-jupyter-choice" },
    h("label", {}, keep, h("span", {}, "Keep me signed in")),
    help
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
    decided
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
    actions
  );
  username.value = draft.username;
  keep.checked = draft.remember;
  function isFormBusy() {
    return form.getAttribute("aria-busy") === "true";
  }
  function sayHelp() {
    say(help, keep.checked ? EVERYONE : HERE_ONLY);
  }
  function submit(event) {
    event.preventDefault();
    if (isFormBusy() || fields.hidden || !provider) return;
    const secret = new TextEncoder().encode(password.value);
    password.value = "";
    const wanted = remember === "ask" ? keep.checked : remember === "always";
    send({ type: "sign_in", provider: provider.name, username: username.value, remember: wanted }, secret);
  }
  function update(state, around) {
    if (state.kind !== "signed_out" && state.kind !== "verifying") return;
    const { server } = state;
    const busy = isBusy(state);
    if (uri !== server.uri) password.value = "";
    uri = server.uri;
    provider = server.providers.find(({ mode }) => mode === "internal") ?? server.providers[0];
    remember = around.remember;
    const refused = refusalOf(provider);
    say(heading, `Sign in to ${server.host}`);
    sayOrHide(account, provider ? `with your ${provider.name} account` : "");
    sayOrHide(
      unknown,
      server.new ? `You have not signed in to ${server.host} from this computer account before. Check that the address is right.` : ""
    );
    sayOrHide(
      open,
      server.required ? "" : `You can use the public data of ${server.host} without signing in. Signing in may show more.`
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
        never: "You are signed in for this notebook only."
      }[remember]
    );
    markBusy(form, submitButton, busy);
    cancel.hidden = !busy && !around.waiting;
    another.hidden = busy || around.waiting;
  }
  function field() {
    if (fields.hidden) return null;
    return username.value ? password : username;
  }
  return { element: form, update, field };
}
function refusalOf(provider) {
  if (!provider) return NO_SIGN_IN;
  if (provider.refusal) return provider.refusal;
  return provider.mode === "internal" ? "" : `This panel cannot sign in with ${provider.name}.`;
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
    // First, although forms show it last: the focus goes on from the status to Sign out.
    h(
      "div",
      { class: "tiled-jupyter-foot" },
      h("div", { class: "tiled-jupyter-line" }, status, where),
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
    }
    neutral.hidden = true;
    element.dataset.kind = state.kind;
    element.dataset.mood = moodOf(state);
    element.setAttribute("aria-label", regionOf(state, place(state)));
    view.update(state, around);
    const turn = state.kind !== "connecting" && state.kind !== "signed_in";
    sayFoot(
      statusOf(state),
      state.kind === "signed_in" ? `on ${state.server.host}` : "",
      around.waiting && turn ? "The cell is waiting for you to sign in." : ""
    );
    close();
    tick();
    if (isBusy(state)) clock = setInterval(tick, 1e3);
    if (focused) moveFocus(focused, previous, state, rebuilt);
  }
  function place(state) {
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
    const words = heard ? patience(heard.state, Date.now() / 1e3 + heard.ahead) : [];
    slow.forEach((part, i) => {
      say(part, words[i] ?? "");
    });
  }
  function isTyping() {
    const focused = focusInside();
    return parked !== void 0 || focused instanceof HTMLInputElement && focused.type !== "checkbox" && focused.value !== "";
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
    const field = toStatus ? null : view?.field();
    (field ?? status).focus();
  }
  return { element, show, restarted, close };
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
  const draft = { address: "", username: "", remember: true };
  const cards = /* @__PURE__ */ new Set();
  const untilHeard = /* @__PURE__ */ new Set();
  const untilState = /* @__PURE__ */ new Set();
  let latest;
  let link;
  function hear(message) {
    link?.follow(message);
    stopAll(untilHeard);
    if (message.type === "ping") {
      link?.send({ type: "pong", control: link.control() });
      return;
    }
    stopAll(untilState);
    const { type: _, state, ...around } = message;
    latest = { state, around, ahead: around.now - Date.now() / 1e3 };
    for (const card of cards) card.show(latest);
  }
  function initialize({ model }) {
    const made = makeLink(model);
    link = made;
    model.on("msg:custom", hear);
    untilHeard.add(repeat(() => made.send({ type: "alive", control: made.control() })));
    const forget = made.onRestart(() => {
      latest = void 0;
      for (const card of cards) card.restarted();
    });
    return () => {
      stopAll(untilHeard);
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
    return () => {
      stop();
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
