/** Elements in one expression, and text that is patched instead of redrawn. Nothing here parses HTML. */

type Listener = (event: never) => void;
type Properties = Record<string, string | boolean | Listener>;

/** Make an element: functions become listeners, `true` an empty attribute, `false` none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Set a text, leaving the page alone where it is said already: selections and screen readers notice. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Set a text in an element that is not there without one. */
export function sayOrHide(element: HTMLElement, text: string): void {
  say(element, text);
  element.hidden = text === "";
}

/** A random name, for messages and elements. (`crypto.randomUUID` is missing on plain http pages.) */
export function unique(): string {
  return `t${Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join("")}`;
}
