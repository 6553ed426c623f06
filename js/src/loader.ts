/** The widget's entry: small, because every panel carries it. What it loads comes once from each kernel. */

import type { AnyModel } from "@anywidget/types";
import type makePanel from "./panel";

type Panel = ReturnType<typeof makePanel>;
type PanelCode = { default: typeof makePanel };
type Model = AnyModel<{ code: string; inactive: unknown }>;

const IN_THE_PAGE = Symbol.for("tiled_jupyter");

/** What this page has loaded, by its text: kernels of different versions may share a page. */
function loaded(): Map<string, Promise<PanelCode>> {
  const page = globalThis as { [IN_THE_PAGE]?: Map<string, Promise<PanelCode>> };
  page[IN_THE_PAGE] ??= new Map();
  return page[IN_THE_PAGE];
}

async function load(model: Model): Promise<Panel> {
  const code = await model.widget_manager.get_model<{ script: string }>(
    model.get("code").replace(/^IPY_MODEL_/, ""),
  );
  const script = code.get("script");
  let module = loaded().get(script);
  if (!module) {
    const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    module = import(url).finally(() => URL.revokeObjectURL(url));
    loaded().set(script, module);
  }
  return (await module).default();
}

/** A function, so that each model has a panel of its own. */
export default () => {
  let panel: Promise<Panel>;

  // It does not wait for the code: anywidget gives a widget up that takes two seconds to initialize.
  function initialize({ model }: { model: Model }): () => void {
    panel = load(model);
    const end = panel.then(({ initialize }) => initialize({ model }));
    end.catch((error) => console.error("[tiled_jupyter] The panel was not loaded:", error));
    return () =>
      void end.then(
        (clean) => clean(),
        () => undefined,
      );
  }

  async function render(props: { model: Model; el: HTMLElement }): Promise<() => void> {
    return (await panel).render(props);
  }

  return { initialize, render };
};
