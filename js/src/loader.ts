/** The panel's entry: small, because every panel carries it. What it loads comes once from each kernel. */

import type { AnyModel } from "@anywidget/types";
import { early } from "./early";
import type makePanel from "./panel";

type Panel = ReturnType<typeof makePanel>;
type Model = AnyModel<{ code: string; panel_id: string; inactive: unknown }>;

async function load(model: Model): Promise<Panel> {
  const id = model.get("code").replace(/^IPY_MODEL_/, "");
  const script = (await model.widget_manager.get_model<{ script: string }>(id)).get("script");
  const { modules } = early();
  let module = modules.get(script);
  if (!module) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    module = import(url).finally(() => URL.revokeObjectURL(url));
    modules.set(script, module);
  }
  return (await module).default();
}

/** A function, so that each model has a panel of its own. */
export default () => {
  let panel: Promise<Panel>;

  // It does not wait for the code: anywidget gives a widget up that takes two seconds to initialize.
  function initialize({ model }: { model: Model }): () => void {
    const id = model.get("panel_id");
    const { messages } = early();
    panel = load(model);
    const end = panel.then(({ initialize }) => {
      const told = messages.get(id) ?? undefined;
      messages.set(id, null);
      return initialize({ model, told });
    });
    end.catch((error) => console.error("[tiled_jupyter] The panel was not loaded:", error));
    return () => {
      messages.delete(id);
      end.then(
        (clean) => clean(),
        () => undefined,
      );
    };
  }

  async function render(props: { model: Model; el: HTMLElement }): Promise<() => void> {
    return (await panel).render(props);
  }

  return { initialize, render };
};
