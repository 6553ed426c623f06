/** A link and a code, for `awaiting_authorization`: the person approves in a web page, here or on a phone. */

import { hostOf, linkTo } from "../parts/address";
import { COPIED, copyText } from "../parts/clipboard";
import { h, say, unique } from "../parts/dom";
import { button, type Context, headline, type View } from "../parts/view";
import type { State } from "../wire";
import { countdown, nameOf } from "../words";

const PNG = "data:image/png;base64,";

export function deviceView({ send }: Context): View {
  const head = headline();
  const link = h(
    "a",
    {
      class: "tiled-jupyter-button tiled-jupyter-primary",
      target: "_blank",
      rel: "noopener noreferrer",
    },
    "Open sign-in page",
  );
  const place = h("p");
  // In full where it cannot be a link, and where it has to be copied by hand.
  const address = h("p", { class: "tiled-jupyter-subtle", hidden: true });
  const linkCopied = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const copyLink = button("Copy link", "secondary", () => void copy(address, linkCopied));
  // In the tab order, so that a click puts the focus here: Ctrl+C then copies the code and no cell.
  const code = h("div", {
    class: "tiled-jupyter-code",
    role: "group",
    "aria-label": "User code",
    tabindex: "0",
  });
  const codeCopied = h("span", { class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const copyCode = button("Copy code", "secondary", () => void copy(code, codeCopied));

  const image = h("img", { alt: "QR code of the sign-in page" });
  const caption = h("figcaption", { class: "tiled-jupyter-subtle" });
  const figure = h("figure", { class: "tiled-jupyter-qr", id: unique(), hidden: true }, image, caption);
  const toggle = button("Show QR code", "quiet", () => showQr(figure.hidden));
  toggle.setAttribute("aria-controls", figure.id);

  const advice = h("p");
  const left = h("span", { role: "timer", class: "tiled-jupyter-subtle" });
  // The seconds are never announced, the last minutes are.
  const warning = h("span", { class: "tiled-jupyter-unseen", "aria-live": "polite" });
  const cancel = button("Cancel", "secondary", () => send({ type: "cancel" }));
  const element = h(
    "div",
    { class: "tiled-jupyter-form" },
    head.element,
    h(
      "ol",
      { class: "tiled-jupyter-steps" },
      h("li", {}, place, address, h("div", { class: "tiled-jupyter-actions" }, link, copyLink, linkCopied)),
      h(
        "li",
        {},
        h("p", {}, "Type this code there, or compare it with the one you see"),
        h("div", { class: "tiled-jupyter-actions" }, code, copyCode, codeCopied),
      ),
    ),
    advice,
    h(
      "div",
      { class: "tiled-jupyter-actions" },
      cancel,
      h("div", { class: "tiled-jupyter-others" }, left, toggle),
    ),
    warning,
    figure,
  );
  let deadline = 0;
  let shown: string | null = null;

  async function copy(what: HTMLElement, said: HTMLElement): Promise<void> {
    say(said, "");
    const words = await copyText(what);
    if (words !== COPIED && what === address) {
      address.hidden = false;
      getSelection()?.selectAllChildren(address);
    }
    say(said, words);
  }

  function showQr(open: boolean): void {
    figure.hidden = !open;
    say(toggle, open ? "Hide QR code" : "Show QR code");
    toggle.setAttribute("aria-expanded", String(open));
  }

  function update(state: State): void {
    if (state.kind !== "awaiting_authorization") return;
    const { form, provider } = state;
    const { user_code, verification_uri, verification_uri_complete, qr } = state.code;
    const href = linkTo(verification_uri_complete) ?? linkTo(verification_uri);
    const picture = qr?.startsWith(PNG) ? qr : null;
    deadline = state.code.deadline;
    const who = nameOf(form.expected, "");
    const as = who ? `as ${who} ` : "";
    head.update(form.server.host, `${as}with your ${provider} account`);
    link.hidden = href === null;
    if (href) link.href = href;
    else link.removeAttribute("href");
    say(place, href ? `Open the sign-in page of ${hostOf(verification_uri)}` : "Open this page in a browser");
    say(address, href ?? verification_uri);
    if (shown !== address.textContent) address.hidden = href !== null;
    shown = address.textContent;
    copyLink.hidden = href === null;
    say(code, user_code);
    say(
      advice,
      `Approve only if you started this, on ${form.server.host}, and the codes match. If the page shows an error, or you said no there, press Cancel.`,
    );
    toggle.hidden = picture === null;
    if (!picture) showQr(false);
    else if (image.src !== picture) image.src = picture;
    say(caption, `Your phone must be able to reach ${hostOf(verification_uri)}`);
  }

  function tick(now: number): void {
    const seconds = deadline - now;
    say(left, `Expires in ${countdown(seconds)}`);
    const minutes = seconds <= 60 ? "1 minute" : "5 minutes";
    say(warning, seconds <= 300 && seconds > 0 ? `The code expires in ${minutes}.` : "");
  }

  return { element, update, tick, field: () => null };
}
