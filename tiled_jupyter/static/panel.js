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
function disclosure(name, ...children) {
  const content = h("div", { id: unique(), class: "tiled-jupyter-disclosed", hidden: true }, ...children);
  const opener = button(name, "quiet", () => {
    content.hidden = !content.hidden;
    opener.setAttribute("aria-expanded", String(!content.hidden));
  });
  opener.setAttribute("aria-expanded", "false");
  opener.setAttribute("aria-controls", content.id);
  return { opener, content };
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
function helpLink() {
  const element = h(
    "a",
    { class: "tiled-jupyter-button tiled-jupyter-quiet", target: "_blank", rel: "noopener noreferrer" },
    "Help"
  );
  function update({ help_url }) {
    const href = linkTo(help_url);
    element.hidden = href === null;
    if (href) element.href = href;
    else element.removeAttribute("href");
  }
  return { element, update };
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

// src/times.ts
var MINUTE = 60;
var HOUR = 3600;
var DAY = 86400;
var SECONDS = { y: 365 * DAY, d: DAY, h: HOUR, m: MINUTE, s: 1 };
var NAMES = { y: "year", d: "day", h: "hour", m: "minute", s: "second" };
function moment(seconds2) {
  const when = new Date(seconds2 * 1e3);
  const days = Math.abs(when.getTime() - Date.now()) / 864e5;
  const say2 = (options) => when.toLocaleString("en-GB", options);
  return [
    say2({ weekday: "short" }),
    ...days > 6 ? [say2({ day: "numeric", month: "short" })] : [],
    ...days > 300 ? [say2({ year: "numeric" })] : [],
    say2({ hour: "2-digit", minute: "2-digit" })
  ].join(" ");
}
function span(seconds2) {
  const left = Math.max(0, Math.floor(seconds2));
  if (left < MINUTE) return "less than a minute";
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`;
  if (left < DAY) return `${Math.floor(left / HOUR)} h`;
  const [days, hours] = [Math.floor(left / DAY), Math.floor(left % DAY / HOUR)];
  return days < 10 && hours > 0 ? `${days} d ${hours} h` : `${days} d`;
}
function secondsOf(length) {
  return Number.parseInt(length, 10) * SECONDS[length.slice(-1)];
}
function inWords(length) {
  const count = Number.parseInt(length, 10);
  const name = NAMES[length.slice(-1)];
  return name ? `${count} ${name}${count === 1 ? "" : "s"}` : length;
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
    case "key_in_cell":
      return state.revoked ?? (state.busy ? "Revoking the key \u2026" : `The key ${state.first_eight}\u2026 is yours`);
    default:
      return state;
  }
}
function placeOf(state) {
  if (state.kind === "key_in_cell") return `on ${state.host}`;
  return state.kind === "signed_in" ? `on ${state.server.host}` : "";
}
function moodOf(state) {
  if (state.kind === "key_in_cell") return state.busy ? "busy" : state.revoked ? "done" : "idle";
  if (isBusy(state) || state.kind === "awaiting_authorization") return "busy";
  return state.kind === "signed_in" ? "done" : "idle";
}
function regionOf(state) {
  if (state?.kind === "key_in_cell") return `API key ${state.first_eight} in a cell`;
  const server = state && serverOf(state);
  return `Tiled sign-in${server ? ` ${server.host}` : ""}`;
}
function alertOf(state) {
  if (state.kind === "key_in_cell") return state.refusal ?? "";
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
  const seconds2 = ` (${Math.floor(elapsed)} s)`;
  if (state.kind === "connecting") return elapsed < 3 ? [] : ["Still connecting", seconds2];
  if (elapsed < 8) return [];
  const phone = ". If your facility uses a second factor, check your phone.";
  return ["Still waiting for the server", seconds2, state.method === "password" ? phone : "."];
}
function lasting({ good_until, renews, method }, ahead) {
  if (good_until === null) return method === "api_key" ? "" : "How long this sign-in lasts is not known.";
  return `Signed in until ${renews ? "at least " : ""}${moment(good_until - ahead)}`;
}
function countdown(seconds2) {
  const left = Math.max(0, Math.ceil(seconds2));
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

// src/clipboard.ts
var FILE = "Save the key to a file instead.";
var REFUSED = `The browser did not let the key be copied. ${FILE}`;
async function copyText(element) {
  try {
    await navigator.clipboard.writeText(element.textContent ?? "");
    return "Copied";
  } catch {
    getSelection()?.selectAllChildren(element);
    return `Press ${navigator.platform.startsWith("Mac") ? "\u2318C" : "Ctrl+C"}`;
  }
}
function whyNoCopy(control) {
  if (!control)
    return `Copying is not possible here: this page cannot ask the kernel without others listening. ${FILE}`;
  if (!navigator.clipboard)
    return `Copying is not possible here: the browser gives a page without https no clipboard. ${FILE}`;
  return "";
}
async function copyAnswer(ask) {
  let bytes;
  let trouble = "";
  const answer = ask().then(
    (received) => {
      bytes = received;
      return received;
    },
    (error) => {
      trouble = error instanceof Error ? error.message : "";
      throw error;
    }
  );
  try {
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
    bytes = void 0;
  }
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
    say(copied, await copyText(code));
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
    const seconds2 = deadline - now;
    say(left, `Expires in ${countdown(seconds2)}`);
    const minutes = seconds2 <= 60 ? "1 minute" : "5 minutes";
    say(warning, seconds2 <= 300 && seconds2 > 0 ? `The code expires in ${minutes}.` : "");
  }
  return { element, update, tick, field: () => null };
}

// src/views/question.ts
function question(name, first, answers, back) {
  let opener = first;
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
  first.addEventListener("click", () => ask(true, first));
  function ask(open, from = opener) {
    if (from.getAttribute("aria-disabled") === "true") return;
    if (from !== opener) set(false);
    opener = from;
    set(open);
    (open ? element : opener).focus();
  }
  function set(open) {
    element.hidden = !open;
    opener.hidden = open;
  }
  return { element, text, opener: first, ask, drop: () => set(false) };
}

// src/views/keyincell.ts
var SURE = "Revoke this key? Whatever uses it stops working, and it cannot be undone.";
function keyInCellView({ send }) {
  const purpose = subtle();
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const opener = button("Revoke this key now", "secondary", () => void 0);
  const confirm = button("Revoke", "secondary", () => {
    sure.ask(false);
    send({ type: "delete_keys", first_eights: [first_eight] });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const sure = question("Revoke this key", opener, [confirm], "Keep");
  sure.text.textContent = SURE;
  const act = h("div", {}, opener, sure.element);
  const element = h("div", { class: "tiled-jupyter-section" }, purpose, alerts, act);
  let first_eight = "";
  function update(state) {
    if (state.kind !== "key_in_cell") return;
    first_eight = state.first_eight;
    sayOrHide(purpose, state.note ? `It was made for: ${state.note}` : "");
    showAlert(alerts, alertOf(state), state.busy);
    act.hidden = state.revoked !== null;
    markBusy(element, state.busy);
  }
  return { element, update, field: () => null };
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
  const help = helpLink();
  const form = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("h3", { class: "tiled-jupyter-heading" }, "Sign in to a Tiled server"),
    failure,
    labelled("Tiled server (address or saved name)", address),
    names,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      h("div", { class: "tiled-jupyter-buttons" }, connect, cancel),
      h("div", { class: "tiled-jupyter-others" }, help.element)
    )
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
      if (around.servers.length > 0) address.setAttribute("list", names.id);
    }
    markBusy(form, busy);
    showAlert(failure, alertOf(state), busy);
    cancel.hidden = !busy && !around.waiting;
    help.update(around);
  }
  return { element: form, update, field: () => address };
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
  const why = button("Why can I not see my data?", "quiet", () => send({ type: "explain_access" }));
  why.dataset.starts = "";
  const answer = h("div", { class: "tiled-jupyter-answer", "aria-live": "polite" });
  const help = helpLink();
  const instead = button("Sign in with your account instead", "quiet", () => end({ type: "set_key_aside" }));
  const element = h(
    "div",
    { class: "tiled-jupyter-account" },
    h("div", { class: "tiled-jupyter-details" }, provenance, until, memory, acting, instead),
    signOut,
    confirmation.element,
    h("div", { class: "tiled-jupyter-others" }, why, help.element),
    answer
  );
  let leaving = false;
  let answered = null;
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
    const sentences = state.account.access?.split("\n") ?? [];
    if (answered !== state.account.access)
      answer.replaceChildren(...sentences.map((sentence) => h("p", {}, sentence)));
    answered = state.account.access;
    help.update(around);
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

// src/views/table.ts
function sayTime(cell, text, at, ahead) {
  say(cell, text);
  if (at === null || cell.dataset.at === String(at)) return;
  cell.dataset.at = String(at);
  cell.title = moment(at - ahead);
}
var COLLATION = new Intl.Collator(void 0, { numeric: true });
function table(name, columns, asking) {
  const lines = /* @__PURE__ */ new Map();
  let sorted = -1;
  let descending = false;
  let asked;
  const heads = columns.map(({ head, by }, i) => {
    const label = by ? button(head, "quiet", () => sortBy(i)) : head;
    return h("th", { role: "columnheader", scope: "col" }, label);
  });
  const body = h("tbody", { role: "rowgroup" });
  const element = h(
    "table",
    // The roles are said because narrow panels lay rows out as blocks, and browsers then forget them.
    { role: "table", class: "tiled-jupyter-table", "aria-label": name },
    h(
      "thead",
      { role: "rowgroup" },
      h(
        "tr",
        { role: "row" },
        ...heads,
        h("th", { role: "columnheader" }, h("span", { class: "tiled-jupyter-unseen" }, asking.label))
      )
    ),
    body
  );
  const confirm = button(asking.answer, "secondary", () => {
    const row = asked;
    sure.ask(false);
    if (row) asking.act(row);
  });
  confirm.dataset.starts = "";
  const sure = question(
    asking.label,
    button("", "quiet", () => void 0),
    [confirm],
    "Keep"
  );
  const place2 = h(
    "tr",
    { role: "row", class: "tiled-jupyter-asked" },
    h("td", { role: "cell", colspan: String(columns.length + 1) }, sure.element)
  );
  function sortBy(index) {
    descending = sorted === index && !descending;
    sorted = index;
    heads.forEach((head, i) => {
      if (i === index) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    arrange([...lines.values()]);
  }
  function arrange(unsorted) {
    const by = columns[sorted]?.by;
    const order = by ? [...unsorted].sort((a, b) => compare(by(a.row), by(b.row)) * (descending ? -1 : 1)) : unsorted;
    const wanted = order.map(({ element: element2 }) => element2);
    const there = [...body.children].filter((child) => child !== place2);
    if (wanted.some((row, i) => row !== there[i]) || wanted.length !== there.length) {
      const focused = document.activeElement;
      body.replaceChildren(...wanted);
      putQuestion();
      if (focused instanceof HTMLElement && body.contains(focused)) focused.focus();
    }
  }
  function putQuestion() {
    const line = asked && lines.get(asking.id(asked));
    if (line && !sure.element.hidden) line.element.after(place2);
    else place2.remove();
  }
  function makeLine(row) {
    const act = button(asking.label, "quiet", () => {
      asked = lines.get(asking.id(row))?.row;
      if (!asked || act.getAttribute("aria-disabled") === "true") return;
      sure.text.textContent = asking.warning(asked);
      sure.ask(true, act);
      putQuestion();
      sure.element.focus();
    });
    act.setAttribute("aria-label", asking.name(row));
    act.dataset.starts = "";
    const cells = columns.map(
      ({ head, plain }) => h("td", { role: "cell", "data-head": plain ? "" : `${head}: ` })
    );
    cells[0]?.setAttribute("id", unique());
    act.setAttribute("aria-describedby", cells[0]?.id ?? "");
    const last = h("td", { role: "cell", class: "tiled-jupyter-act" }, act);
    return { row, element: h("tr", { role: "row" }, ...cells, last), cells };
  }
  function update(rows, now) {
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const before = [...body.children].filter((child) => child !== place2);
    const ids = new Set(rows.map(asking.id));
    const gone = [...lines].filter(([id]) => !ids.has(id));
    const first = Math.min(...gone.map(([, line]) => before.indexOf(line.element)));
    for (const [id] of gone) lines.delete(id);
    if (asked && !ids.has(asking.id(asked))) {
      sure.drop();
      asked = void 0;
    }
    const order = rows.map((row) => {
      const id = asking.id(row);
      const line = lines.get(id) ?? makeLine(row);
      lines.set(id, line);
      line.row = row;
      columns.forEach((column, i) => {
        const cell = line.cells[i];
        if (cell) column.show(cell, row, now);
      });
      return line;
    });
    arrange(order);
    element.hidden = rows.length === 0;
    if (focused && !focused.isConnected) focusAt(first);
  }
  function focusAt(index) {
    const all = body.querySelectorAll(".tiled-jupyter-act .tiled-jupyter-button");
    (all[index] ?? all[all.length - 1])?.focus();
  }
  return { element, update, focusAt };
}
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : a - b;
  return COLLATION.compare(String(a), String(b));
}

// src/views/keylist.ts
var NOT_EVERYWHERE = "Only some servers enforce this. Ask yours, or assume this key reads all you can read.";
var STOPS = "Whatever uses it stops working, and it cannot be undone.";
var SIGNED_IN = "This notebook is signed in with it: you are signed out here.";
function keyList({ send }) {
  const chosen2 = /* @__PURE__ */ new Set();
  let ahead = 0;
  let inUse = [];
  const columns = [
    { head: "Key", plain: true, by: (key) => key.first_eight, show: showName },
    { head: "What for", plain: true, by: (key) => key.note ?? "", show: showNote },
    { head: "May", by: (key) => key.may.join(), show: showMay },
    { head: "Made", by: (key) => key.since ?? 0, show: showMade },
    { head: "Stops working", by: (key) => key.expires ?? Number.POSITIVE_INFINITY, show: showEnd },
    { head: "Last used", by: (key) => key.last_used ?? 0, show: showUse }
  ];
  const list = table("API keys", columns, {
    id: (key) => key.first_eight,
    name: (key) => `Delete key ${key.first_eight}`,
    label: "Delete",
    warning: (key) => `${key.in_use ? `${SIGNED_IN} ` : ""}Delete key ${key.first_eight}? ${STOPS}`,
    answer: "Delete",
    act: (key) => send({ type: "delete_keys", first_eights: [key.first_eight] })
  });
  const opener = button("", "secondary", () => void 0);
  const confirm = button("Delete", "secondary", () => {
    several.ask(false);
    send({ type: "delete_keys", first_eights: [...chosen2] });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const several = question("Delete several keys", opener, [confirm], "Keep");
  const count = h("p", { class: "tiled-jupyter-subtle" });
  const tags = subtle();
  const element = h(
    "div",
    { class: "tiled-jupyter-list" },
    h("h4", { class: "tiled-jupyter-title" }, h("span", {}, "Your API keys"), count),
    h("div", { class: "tiled-jupyter-scroll" }, list.element),
    tags,
    h("div", { class: "tiled-jupyter-several" }, opener, several.element)
  );
  function showName(cell, { first_eight, in_use }) {
    if (!cell.firstChild) {
      const box = h("input", {
        type: "checkbox",
        "aria-label": `Choose key ${first_eight}`,
        change: () => {
          if (box.checked) chosen2.add(first_eight);
          else chosen2.delete(first_eight);
          sayChosen();
        }
      });
      const name = h("code", {}, first_eight);
      cell.append(
        h("label", { class: "tiled-jupyter-option" }, box, name),
        h("span", { class: "tiled-jupyter-mark" })
      );
    }
    sayOrHide(cell.lastElementChild, in_use ? "in use here" : "");
  }
  function showNote(cell, { note: note2, marks }) {
    if (!cell.firstChild) cell.append(h("span"), h("span", { class: "tiled-jupyter-marks" }));
    say(cell.firstElementChild, note2 ?? "no note");
    const shown = cell.lastElementChild;
    if (shown.children.length === marks.length && shown.textContent === marks.join("")) return;
    shown.replaceChildren(...marks.map((mark2) => h("span", { class: "tiled-jupyter-mark" }, mark2)));
  }
  function showMay(cell, { may, access_tags }) {
    const only = access_tags?.length ? `, only of data tagged ${access_tags.join(", ")}` : "";
    say(cell, `${may.join(", ")}${only}`);
  }
  function showMade(cell, { made, since }, now) {
    const when = since === null ? "" : `${span(now - since)} ago`;
    sayTime(cell, [when, made && `on ${made}`].filter(Boolean).join(" ") || "not known", since, ahead);
  }
  function showEnd(cell, { expires }, now) {
    const text = expires === null ? "never" : expires <= now ? "expired" : `in ${span(expires - now)}`;
    sayTime(cell, text, expires, ahead);
  }
  function showUse(cell, { last_used }, now) {
    sayTime(cell, last_used === null ? "never" : `${span(now - last_used)} ago`, last_used, ahead);
  }
  function sayChosen() {
    const one = chosen2.size === 1;
    say(opener, `Delete ${one ? "1 key" : `${chosen2.size} keys`}`);
    const first = inUse.some((key) => chosen2.has(key)) ? `${SIGNED_IN} ` : "";
    say(several.text, `${first}Delete ${[...chosen2].join(", ")}? ${STOPS.replace("it stops", "them stops")}`);
    if (chosen2.size === 0) {
      several.drop();
      opener.hidden = true;
    } else opener.hidden = !several.element.hidden;
  }
  function update(rows, of_limit, clock) {
    ahead = clock;
    inUse = rows.filter(({ in_use }) => in_use).map(({ first_eight }) => first_eight);
    const there = new Set(rows.map(({ first_eight }) => first_eight));
    for (const key of chosen2) if (!there.has(key)) chosen2.delete(key);
    const hadFocus = opener === document.activeElement;
    list.update(rows, Date.now() / 1e3 + ahead);
    sayChosen();
    if (hadFocus && opener.hidden) list.focusAt(0);
    say(count, of_limit);
    sayOrHide(
      tags,
      rows.some(({ access_tags }) => access_tags?.length) ? `Limited to tagged data: ${NOT_EVERYWHERE}` : ""
    );
    element.hidden = rows.length === 0;
  }
  return { element, update };
}

// src/views/snippets.ts
function snippetChoice() {
  const select = h("select", { change: showText });
  const text = h("pre", {
    class: "tiled-jupyter-snippet",
    role: "group",
    "aria-label": "Script",
    tabindex: "0"
  });
  const copied = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const copy = button("Copy script", "secondary", async () => {
    say(copied, "");
    say(copied, await copyText(text));
  });
  const { opener, content } = disclosure(
    "How to use it in a job",
    labelled("Kind of job", select),
    text,
    h("div", { class: "tiled-jupyter-actions" }, copy, copied)
  );
  const element = h("div", { class: "tiled-jupyter-fields", hidden: true }, opener, content);
  let all = [];
  function showText() {
    say(text, all.find(({ name }) => name === select.value)?.text ?? "");
    say(copied, "");
  }
  function update(snippets) {
    if (JSON.stringify(snippets) === JSON.stringify(all)) return;
    all = snippets;
    element.hidden = all.length === 0;
    select.replaceChildren(...all.map(({ name }) => h("option", { value: name }, name)));
    showText();
  }
  return { element, update };
}

// src/views/madekey.ts
var ONCE = "The kernel holds it until you dismiss it. After that it cannot be shown again.";
var ONLY_COPY = "This key cannot be shown again.";
var COPIED = "Copied. It stays on the clipboard until you copy something else.";
var ENVIRONMENT = "Programs that this kernel starts get it too, and Tiled sends it to every server it connects to.";
function madeKey({ send, control, askForKey }) {
  const what = h("p", {});
  const end = subtle();
  const save = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const use = starter(
    "Use in this kernel",
    "secondary",
    () => send({ type: "use_key_here", environment: false })
  );
  const reason = h("p", { id: unique(), class: "tiled-jupyter-subtle" });
  const copy = starter("Copy key", "secondary", () => void copyKey());
  copy.setAttribute("aria-describedby", reason.id);
  const dismiss = starter("Dismiss", "quiet", leave);
  const saveFirst = starter("Save to file", "primary", () => send({ type: "save_key" }));
  const discard = starter("Delete the key", "secondary", () => send({ type: "delete_made_key" }));
  const lost = question(
    "Dismiss this key",
    button("", "quiet", () => void 0),
    [saveFirst, discard],
    "Back"
  );
  say(lost.text, ONLY_COPY);
  const everywhere = starter(
    "Also set TILED_API_KEY",
    "quiet",
    () => send({ type: "use_key_here", environment: true })
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
    howTo.element
  );
  let made = null;
  let copying = false;
  let allowed = true;
  function starter(name, look, click) {
    const made2 = button(name, look, click);
    made2.dataset.starts = "";
    return made2;
  }
  async function copyKey() {
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
  function leave() {
    if (made && !made.saved_to && !made.copied) {
      lost.ask(true, dismiss);
    } else send({ type: "dismiss_key" });
  }
  function update(shown, mayCopy, ahead) {
    if (shown?.first_eight !== made?.first_eight) {
      showAlert(alerts, "", false);
      lost.drop();
    }
    made = shown;
    allowed = mayCopy;
    element.hidden = !shown;
    if (!shown) return;
    if (shown.saved_to || shown.copied) lost.drop();
    say(what, `Key ${shown.first_eight}\u2026 is made${shown.note ? `: ${shown.note}` : "."}`);
    say(
      end,
      `${shown.expires === null ? "It never stops working." : `It stops working ${moment(shown.expires - ahead)}.`} ${ONCE}`
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

// src/views/permissions.ts
var AT_FIRST = ["read:metadata", "read:data"];
var ALL = "inherit";
var NO_LIMIT = "A key that may do everything you may cannot be limited.";
function permissions() {
  const legend = h("span", { id: unique(), class: "tiled-jupyter-legend" }, "This key may");
  const boxes = h("div", { class: "tiled-jupyter-boxes" });
  const group = h(
    "div",
    { role: "group", class: "tiled-jupyter-may", "aria-labelledby": legend.id },
    legend,
    boxes
  );
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle" }, NOT_EVERYWHERE);
  const tags = h("input", {
    type: "text",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "names of tags, with commas between them",
    "aria-describedby": help.id
  });
  const more = disclosure("More", labelled("Limit to tagged data", tags), help);
  const missing = subtle();
  const element = h("div", { class: "tiled-jupyter-fields" }, group, missing, more.opener, more.content);
  let offered = "";
  const inputs = () => [...boxes.querySelectorAll("input")];
  function box({ name, words, description, dangerous }) {
    const input = h("input", { type: "checkbox", value: name, change: () => settle(input) });
    input.checked = AT_FIRST.includes(name);
    const mark2 = h("span", { class: "tiled-jupyter-mark" }, "careful");
    return h(
      "label",
      { class: "tiled-jupyter-option", title: description },
      input,
      h("span", {}, words, ...dangerous ? [" ", mark2] : [])
    );
  }
  function settle(changed) {
    const all = inputs().find(({ value }) => value === ALL);
    if (changed?.checked) {
      for (const each of inputs()) if (each === all !== (changed === all)) each.checked = false;
    }
    tags.disabled = all?.checked ?? false;
    say(help, tags.disabled ? NO_LIMIT : NOT_EVERYWHERE);
    if (chosen2().length > 0) sayOrHide(missing, "");
  }
  function update(scopes) {
    const next = JSON.stringify(scopes);
    if (offered === next) return;
    offered = next;
    boxes.replaceChildren(...scopes.map(box));
    settle();
  }
  function reset() {
    for (const each of inputs()) each.checked = AT_FIRST.includes(each.value);
    tags.value = "";
    settle();
  }
  function chosen2() {
    return inputs().filter(({ checked }) => checked).map(({ value }) => value);
  }
  function isComplete() {
    sayOrHide(missing, chosen2().length > 0 ? "" : "Tick at least one thing that the key may do.");
    if (missing.hidden) return true;
    inputs()[0]?.focus();
    return false;
  }
  const limits = () => tags.disabled ? [] : tags.value.split(",").map((tag) => tag.trim()).filter((tag) => tag !== "");
  return { element, update, reset, chosen: chosen2, limits, isComplete };
}

// src/views/validity.ts
var OFFERED = ["1d", "7d", "30d", "90d", "1y"];
var NEVER = "never";
var USUAL = "usual";
var FOR_EVER = "A key that never stops working is good for whoever finds it, until somebody deletes it.";
function validity({ send }) {
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const runs = length("48 h");
  const queue = length("7 d");
  const select = h("select", {
    "aria-describedby": help.id,
    change: () => {
      asked = "";
      choose(select.value);
    }
  });
  const warning = note();
  const remark = subtle();
  remark.setAttribute("aria-live", "polite");
  const element = h(
    "div",
    { class: "tiled-jupyter-fields" },
    h(
      "div",
      { class: "tiled-jupyter-pair", role: "group", "aria-label": "For a job" },
      labelled("The job runs for", runs),
      labelled("and may wait in the queue up to", queue)
    ),
    h("div", { class: "tiled-jupyter-pair" }, labelled("Stops working after", select), help),
    remark,
    warning
  );
  let offered = "";
  let longest = Number.POSITIVE_INFINITY;
  let usual = "7d";
  let touched = false;
  let forJob = "";
  let asked = "";
  function length(example) {
    return h("input", {
      type: "text",
      autocomplete: "off",
      maxlength: "40",
      placeholder: `for example ${example}`,
      input: () => {
        const job = ofJob();
        asked = JSON.stringify(job);
        send({ type: "propose_expiry", ...job });
      }
    });
  }
  function ofJob() {
    return { runs_for: runs.value, may_wait: queue.value };
  }
  function offer() {
    const lengths = [...OFFERED, usual, forJob, longest < Number.POSITIVE_INFINITY ? inDays(longest) : NEVER];
    const sorted = [...new Set(lengths)].filter((each) => each !== "" && (each === NEVER || seconds(each) <= longest)).sort((a, b) => seconds(a) - seconds(b));
    if (offered === JSON.stringify([sorted, forJob])) return;
    offered = JSON.stringify([sorted, forJob]);
    const { value } = select;
    select.replaceChildren(
      ...sorted.map(
        (each) => h("option", { value: each }, `${inWords(each)}${each === forJob ? ", for this job" : ""}`)
      )
    );
    select.value = sorted.includes(value) ? value : usual;
  }
  function choose(value) {
    touched = true;
    select.value = value;
    sayOrHide(warning, value === NEVER ? FOR_EVER : "");
    say(help, value === NEVER ? "" : `until ${moment(Date.now() / 1e3 + seconds(value))}`);
  }
  function update({ expires_in, max_days }, proposal) {
    longest = max_days === null ? Number.POSITIVE_INFINITY : secondsOf(`${max_days}d`);
    usual = expires_in;
    const { runs_for, may_wait, ...answer } = proposal ?? { expires_in: "", sentence: null };
    const answered = asked !== "" && asked === JSON.stringify({ runs_for, may_wait });
    if (answered) {
      asked = "";
      forJob = answer.expires_in;
      sayOrHide(remark, answer.sentence ?? "");
    }
    offer();
    if (touched && !answered) return;
    choose(forJob || usual);
    touched = forJob !== "";
  }
  function reset() {
    runs.value = queue.value = forJob = asked = "";
    remark.hidden = true;
    touched = false;
  }
  return { element, update, reset, chosen: () => asked ? USUAL : select.value, ofJob };
}
function seconds(length) {
  return length === NEVER ? Number.POSITIVE_INFINITY : secondsOf(length);
}
function inDays(length) {
  return `${Math.floor(length / 86400)}d`;
}

// src/views/newkey.ts
function newKeyForm(context) {
  const purpose = h("input", {
    type: "text",
    autocomplete: "off",
    maxlength: "255",
    input: () => {
      touched = true;
    }
  });
  const lasts = validity(context);
  const may = permissions();
  const create = button("Create API key", "primary");
  const element = h(
    "form",
    { class: "tiled-jupyter-form", submit },
    h("h4", { class: "tiled-jupyter-title" }, "New key for a job"),
    labelled("What is this key for?", purpose),
    lasts.element,
    may.element,
    h("div", { class: "tiled-jupyter-actions" }, create)
  );
  let touched = false;
  let sent = false;
  const busy = () => create.getAttribute("aria-disabled") === "true";
  function submit(event) {
    event.preventDefault();
    if (busy() || !may.isComplete()) return;
    sent = true;
    context.send({
      type: "create_key",
      note: purpose.value,
      expires_in: lasts.chosen(),
      ...lasts.ofJob(),
      scopes: may.chosen(),
      access_tags: may.limits()
    });
  }
  function update(keys, proposal, waits) {
    if (!touched) purpose.value = keys.note;
    lasts.update(keys, proposal);
    may.update(keys.scopes);
    sent = sent && waits;
    element.setAttribute("aria-busy", String(sent));
  }
  function reset() {
    touched = false;
    lasts.reset();
    may.reset();
  }
  return { element, update, reset };
}

// src/views/section.ts
function section(reading, content, read) {
  const alerts = h("div", { class: "tiled-jupyter-alerts" });
  const waiting = subtle(reading);
  const again = button("Try again", "secondary", read);
  again.dataset.starts = "";
  const element = h("div", { class: "tiled-jupyter-section" }, alerts, waiting, again, content);
  content.tabIndex = -1;
  element.addEventListener(
    "click",
    (event) => {
      if (!event.target.closest('[aria-disabled="true"]')) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { capture: true }
  );
  function update(isRead, busy, failure) {
    content.hidden = !isRead;
    waiting.hidden = isRead || failure !== null;
    again.hidden = isRead || failure === null || busy;
    showAlert(alerts, failure ?? "", busy);
    markBusy(element, busy);
  }
  function keepFocus(patch) {
    const focused = element.contains(document.activeElement) ? document.activeElement : null;
    const next = patch();
    const now = document.activeElement;
    const kept = now && element.contains(now) && !now.closest("[hidden]");
    if (focused && !kept) next.focus();
  }
  return { element, open: read, update, keepFocus };
}

// src/views/keys.ts
var FULL = "This account has as many keys as it may have. Delete one first, then make another.";
function keysView(context) {
  const made = madeKey(context);
  const form = newKeyForm(context);
  const list = keyList(context);
  const full = note();
  const unavailable = h("p");
  const staleFiles = h("p");
  const remove = button(
    "Remove these files",
    "secondary",
    () => context.send({ type: "delete_stale_files" })
  );
  remove.dataset.starts = "";
  const stale = h("div", { class: "tiled-jupyter-stale", hidden: true }, staleFiles, remove);
  const content = h(
    "div",
    { class: "tiled-jupyter-section" },
    made.element,
    unavailable,
    full,
    form.element,
    list.element,
    stale
  );
  const tab = section("Reading your keys \u2026", content, () => context.send({ type: "show_keys" }));
  let shown;
  function update(state, around) {
    if (state.kind !== "signed_in") return;
    const { keys, made: key, proposal, busy, keys_failure } = state.account;
    tab.update(keys !== null, busy, keys_failure);
    if (!keys) return;
    tab.keepFocus(() => {
      const arrived = key !== null && key.first_eight !== shown;
      if (arrived) form.reset();
      shown = key?.first_eight;
      made.update(key, keys.allow_copy, around.ahead);
      sayOrHide(unavailable, keys.unavailable ?? "");
      sayOrHide(full, keys.full && !key && !keys.unavailable ? FULL : "");
      form.element.hidden = key !== null || keys.full || keys.unavailable !== null;
      form.update(keys, proposal, busy);
      list.update(keys.rows, keys.of_limit, around.ahead);
      const files = keys.stale_files;
      stale.hidden = files.length === 0;
      say(staleFiles, `Key files on this computer whose keys no longer work: ${files.join(", ")}`);
      return key ? made.element : content;
    });
  }
  return { element: tab.element, open: tab.open, update };
}

// src/views/signins.ts
var HONEST = "A sign-in that was ended cannot be renewed. What was given to it before may go on to read for up to 15 minutes.";
var NONE = "This server does not list where you are signed in.";
var THIS = "This is your sign-in here: you are signed out everywhere on this account that shares it.";
function signInsView({ send }) {
  let ahead = 0;
  const columns = [
    { head: "Where", plain: true, by: (row) => row.where, show: showPlace },
    { head: "Since", by: (row) => row.since ?? 0, show: showSince },
    { head: "Ends", by: (row) => row.expires ?? Number.POSITIVE_INFINITY, show: showEnd }
  ];
  const list = table("Sign-ins", columns, {
    id: (row) => row.id,
    name: () => "End this sign-in",
    label: "End this sign-in",
    warning: (row) => row.this ? THIS : `End the sign-in of ${row.where}? Cells that run there ask anew.`,
    answer: "End",
    act: (row) => send({ type: "end_sign_in", session: row.id })
  });
  const opener = button("End all others", "secondary", () => void 0);
  const confirm = button("End all", "secondary", () => {
    others.ask(false);
    send({ type: "end_other_sign_ins" });
  });
  for (const each of [opener, confirm]) each.dataset.starts = "";
  const others = question("End all others", opener, [confirm], "Keep");
  say(
    others.text,
    "Every other notebook, terminal and program that is signed in to this account has to ask anew."
  );
  const none = subtle();
  const honest = subtle(HONEST);
  const content = h(
    "div",
    { class: "tiled-jupyter-section" },
    none,
    h("div", { class: "tiled-jupyter-scroll" }, list.element),
    honest,
    h("div", { class: "tiled-jupyter-several" }, opener, others.element)
  );
  const tab = section("Reading your sign-ins \u2026", content, () => send({ type: "show_sign_ins" }));
  function showPlace(cell, { where, this: own }) {
    if (!cell.firstChild) cell.append(h("span"), h("span", { class: "tiled-jupyter-mark" }));
    say(cell.firstElementChild, where);
    sayOrHide(cell.lastElementChild, own ? "this one" : "");
  }
  function showSince(cell, { since }, now) {
    sayTime(cell, since === null ? "not known" : `${span(now - since)} ago`, since, ahead);
  }
  function showEnd(cell, { expires }, now) {
    sayTime(cell, expires === null ? "not known" : `in ${span(expires - now)}`, expires, ahead);
  }
  function update(state, around) {
    if (state.kind !== "signed_in") return;
    const { sign_ins: rows, busy, sign_ins_failure } = state.account;
    ahead = around.ahead;
    tab.update(rows !== null, busy, sign_ins_failure);
    tab.keepFocus(() => {
      list.update(rows ?? [], Date.now() / 1e3 + ahead);
      sayOrHide(none, rows?.length === 0 ? NONE : "");
      honest.hidden = !rows?.length;
      if (!rows?.some((row) => !row.this)) {
        others.drop();
        opener.hidden = true;
      } else opener.hidden = !others.element.hidden;
      return content;
    });
  }
  return { element: tab.element, open: tab.open, update };
}

// src/views/tabs.ts
function tabs(name, all) {
  const heads = all.map((tab, i) => {
    tab.panel.id = unique();
    const head = h(
      "button",
      {
        type: "button",
        role: "tab",
        id: unique(),
        class: "tiled-jupyter-tab",
        "aria-controls": tab.panel.id,
        click: () => open(i)
      },
      tab.name
    );
    tab.panel.setAttribute("role", "tabpanel");
    tab.panel.setAttribute("aria-labelledby", head.id);
    tab.panel.tabIndex = -1;
    return head;
  });
  const element = h(
    "div",
    { role: "tablist", class: "tiled-jupyter-tabs", "aria-label": name, keydown: move },
    ...heads
  );
  let selected = 0;
  function move(event) {
    const last = all.length - 1;
    const next = {
      ArrowRight: selected === last ? 0 : selected + 1,
      ArrowLeft: selected === 0 ? last : selected - 1,
      Home: 0,
      End: last
    }[event.key];
    if (next === void 0) return;
    event.preventDefault();
    heads[next]?.focus();
    open(next);
  }
  function open(index) {
    select(index);
    all[index]?.opened();
  }
  function select(index) {
    selected = index;
    all.forEach(({ panel }, i) => {
      panel.hidden = i !== index;
      heads[i]?.setAttribute("aria-selected", String(i === index));
      heads[i]?.setAttribute("tabindex", i === index ? "0" : "-1");
    });
  }
  select(0);
  return { element, select };
}

// src/views/signedin.ts
var KEYS = 1;
function signedInView(context) {
  const account = accountView(context);
  const keys = keysView(context);
  const signIns = signInsView(context);
  const sections = [
    { name: "Account", panel: h("div", {}, account.element), opened: () => void 0 },
    { name: "API keys", panel: h("div", { "data-wide": true }, keys.element), opened: keys.open },
    { name: "Sign-ins", panel: h("div", { "data-wide": true }, signIns.element), opened: signIns.open }
  ];
  const list = tabs("Account and keys", sections);
  let shown = false;
  function update(state, around) {
    if (state.kind !== "signed_in") return;
    account.update(state, around);
    keys.update(state, around);
    signIns.update(state, around);
    if (!shown && state.account.made) list.select(KEYS);
    shown = true;
  }
  const element = h(
    "div",
    { class: "tiled-jupyter-signed-in" },
    list.element,
    ...sections.map(({ panel }) => panel)
  );
  return { element, ...account.aside && { aside: account.aside }, update, field: () => null };
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
  const advice = subtle();
  const help = helpLink();
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
    h("div", { class: "tiled-jupyter-others" }, toKey, toAccount, another, help.element)
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
    sayOrHide(advice, (way === "password" || way === "external") && provider?.text ? provider.text : "");
    help.update(around);
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
      return signedInView;
    case "key_in_cell":
      return keyInCellView;
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
      "aria-label": regionOf(void 0),
      "data-lm-suppress-shortcuts": "true",
      hidden: !inactive
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
    element.hidden = false;
    element.dataset.kind = state.kind;
    element.dataset.mood = moodOf(state);
    const folded = around.resuming && state.kind === "signed_in";
    element.toggleAttribute("data-folded", folded);
    body.hidden = aside.hidden = folded;
    name(regionOf(state));
    view.update(state, around);
    say(reason, reasonOf(state));
    const form = formOf(state);
    const turn = state.kind !== "connecting" && state.kind !== "signed_in";
    sayFoot(
      statusOf(state, (form && chosen(form, context.draft, around.exposed)?.name) ?? ""),
      placeOf(state),
      around.waiting && turn ? "The cell is waiting for you to sign in." : ""
    );
    close();
    tick();
    if (isBusy(state) || view.tick) clock = setInterval(tick, 1e3);
    if (focused) moveFocus(focused, previous, state, rebuilt);
  }
  function name(wanted) {
    element.dataset.name = wanted;
    const panels = element.ownerDocument.querySelectorAll(".tiled-jupyter-panel");
    const same = new Set([...panels].filter((panel) => panel.dataset.name === wanted)).add(element);
    let number = 0;
    for (const panel of same) panel.setAttribute("aria-label", number++ ? `${wanted} (${number})` : wanted);
  }
  function restarted() {
    if (!heard) return;
    close();
    if (heard.state.kind === "key_in_cell") {
      element.hidden = true;
      return;
    }
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
    const now = focusInside();
    if (now && now !== focused && now !== element) return;
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
var PATIENCE2 = 1e4;
var NO_ANSWER = "The kernel did not answer. Save the key to a file instead.";
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
      const data = { method: "custom", content };
      lab.sendControlMessage(envelope(lab, "comm_msg", { comm_id: comm, data }, buffers), false, true);
    } else {
      model.send(content, void 0, buffers);
    }
  }
  async function askForKey(first_eight) {
    const lab = kernel();
    if (!lab?.sendControlMessage) throw new Error(NO_ANSWER);
    const request = envelope(lab, "tiled_jupyter_key_request", { comm_id: comm, first_eight }, []);
    const reply = await withPatience(lab.sendControlMessage(request, true, true).done);
    const key = reply.buffers?.[0];
    if (reply.content.status !== "ok" || !key) throw new Error(reply.content.sentence ?? NO_ANSWER);
    const view = ArrayBuffer.isView(key) ? key : new DataView(key);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }
  function onRestart(callback) {
    const signal = kernel()?.statusChanged;
    const slot = (_, status) => {
      if (status === "restarting" || status === "autorestarting") callback();
    };
    signal?.connect(slot);
    return () => signal?.disconnect(slot);
  }
  return { control, follow, send, askForKey, onRestart };
}
function envelope(lab, msg_type, content, buffers) {
  const header = {
    msg_id: unique(),
    session: lab.clientId,
    username: lab.username ?? "",
    date: (/* @__PURE__ */ new Date()).toISOString(),
    msg_type,
    version: "5.3"
  };
  return { header, parent_header: {}, metadata: {}, channel: "control", content, buffers };
}
function withPatience(answer) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(NO_ANSWER)), PATIENCE2);
  });
  return Promise.race([answer, silence]).finally(() => clearTimeout(timer));
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
  const context = {
    draft,
    send: (command, secret) => link?.send(command, secret),
    control: () => link?.control() ?? false,
    askForKey: (first_eight) => link?.askForKey(first_eight) ?? Promise.reject(new Error())
  };
  const attention = makeAttention(() => makeCard(context, false));
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
    link ??= makeLink(model);
    const { send, control } = link;
    const card = makeCard(context, Boolean(model.get("inactive")));
    cards.add(card);
    el.replaceChildren(card.element);
    if (latest) card.show(latest);
    const stop = repeat(() => send({ type: "ready", control: control() }));
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
