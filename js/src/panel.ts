/** The widget's entry: hears Python, keeps the latest state, and shows it in every view of the model. */

import type { AnyModel, RenderProps } from "@anywidget/types";
import { makeAttention } from "./attention";
import { type Card, type Heard, makeCard } from "./card";
import type { Context, Draft } from "./parts/view";
import { type Link, makeLink, repeat } from "./transport";
import type { Command, FromPython, StateMessage } from "./wire";

const NO_ANSWER_AFTER = 5000;
/** To these the kernel answers with another state at once. */
const ANSWERED: ReadonlySet<Command["type"]> = new Set([
  "connect",
  "sign_in",
  "begin",
  "use_key",
  "accept_key",
  "set_key_aside",
  "sign_out",
  "change_server",
  "cancel",
]);

type Model = AnyModel<{ inactive: unknown }>;

/** A function, so that each model has its own closure: one latest state, one draft, any number of views. */
export default () => {
  const draft: Draft = { address: "", username: "", remember: true, provider: "" };
  const cards = new Set<Card>();
  // What is repeated until Python is heard, and until it has answered with the state.
  const untilHeard = new Set<() => void>();
  const untilState = new Set<() => void>();
  let latest: Heard | undefined;
  let link: Link | undefined;
  let answer: ReturnType<typeof setTimeout> | undefined;
  const context: Context = {
    draft,
    send,
    control: () => link?.control() ?? false,
    askForKey: (first_eight) => link?.askForKey(first_eight) ?? Promise.reject(new Error()),
  };
  // From the start: a model may have no view at all, or none that can be seen.
  const attention = makeAttention(() => makeCard(context, false));

  function send(command: Command, secret?: Uint8Array<ArrayBuffer>): void {
    link?.send(command, secret);
    if (!ANSWERED.has(command.type)) return;
    clearTimeout(answer);
    answer = setTimeout(() => {
      if (latest) show({ state: latest.state, around: { ...latest.around, unanswered: true } });
    }, NO_ANSWER_AFTER);
  }

  function show(heard: Heard): void {
    latest = heard;
    for (const card of cards) card.show(heard);
    attention.hear(heard);
  }

  function hear(message: FromPython): void {
    stopAll(untilHeard);
    link?.follow(message);
    if (message.type === "ping") {
      // At once, not by a timer: hidden tabs slow timers down.
      link?.send({ type: "pong", control: link.control() });
      return;
    }
    stopAll(untilState);
    take(message);
  }

  function take({ type: _, state, ...around }: StateMessage): void {
    clearTimeout(answer);
    show({ state, around: { ...around, ahead: around.now - Date.now() / 1000, unanswered: false } });
  }

  /** `told` is what Python has said before; it has not heard this page yet. */
  function initialize({ model, told }: { model: AnyModel; told?: StateMessage | undefined }): () => void {
    const made = makeLink(model);
    link = made;
    model.on("msg:custom", hear);
    if (told) {
      made.follow(told);
      take(told);
    }
    untilHeard.add(repeat(() => made.send({ type: "alive", control: made.control() })));
    const forget = made.onEnd(() => {
      latest = undefined;
      clearTimeout(answer);
      for (const card of cards) card.restarted();
      attention.hear(undefined);
    });
    return () => {
      stopAll(untilHeard);
      clearTimeout(answer);
      attention.close();
      forget();
      model.off("msg:custom", hear);
    };
  }

  function render({ model, el }: { model: Model } & Pick<RenderProps, "el">): () => void {
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
      // JupyterLab keeps the view of a closed widget with its element for as long as the kernel is connected.
      el.replaceChildren();
    };
  }

  return { initialize, render };
};

function stopAll(running: Set<() => void>): void {
  for (const stop of running) stop();
  running.clear();
}
