/** The widget's entry: hears Python, keeps the latest state, and shows it in every view of the model. */

import type { AnyModel, InitializeProps, RenderProps } from "@anywidget/types";
import { makeAttention } from "./attention";
import { type Card, type Heard, makeCard } from "./card";
import type { Context, Draft } from "./parts/view";
import { type Link, makeLink, repeat } from "./transport";
import type { FromPython } from "./wire";

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
  const context: Context = {
    draft,
    send: (command, secret) => link?.send(command, secret),
    control: () => link?.control() ?? false,
    askForKey: (first_eight) => link?.askForKey(first_eight) ?? Promise.reject(new Error()),
  };
  // From the start: a model may have no view at all, or none that can be seen.
  const attention = makeAttention(() => makeCard(context, false));

  function hear(message: FromPython): void {
    link?.follow(message);
    stopAll(untilHeard);
    if (message.type === "ping") {
      // At once, not by a timer: hidden tabs slow timers down.
      link?.send({ type: "pong", control: link.control() });
      return;
    }
    stopAll(untilState);
    const { type: _, state, ...around } = message;
    latest = { state, around: { ...around, ahead: around.now - Date.now() / 1000 } };
    for (const card of cards) card.show(latest);
    attention.hear(latest);
  }

  function initialize({ model }: Pick<InitializeProps, "model">): () => void {
    const made = makeLink(model);
    link = made;
    model.on("msg:custom", hear);
    untilHeard.add(repeat(() => made.send({ type: "alive", control: made.control() })));
    const forget = made.onEnd(() => {
      latest = undefined;
      for (const card of cards) card.restarted();
      attention.hear(undefined);
    });
    return () => {
      stopAll(untilHeard);
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
