/**
 * The entry of the model that carries the panel's code, one for each kernel. It listens before a further panel does, and
 * so that panel need not ask for its state: the kernel may be busy with the next cell by then.
 */

import type { AnyModel } from "@anywidget/types";
import { early } from "./early";
import type { StateMessage } from "./wire";

interface ForPanel {
  panel: string;
  message: StateMessage;
}

function initialize({ model }: { model: AnyModel }): () => void {
  const { messages } = early();
  const keep = ({ panel, message }: ForPanel) => {
    if (messages.get(panel) !== null) messages.set(panel, message);
  };
  model.on("msg:custom", keep);
  return () => model.off("msg:custom", keep);
}

export default { initialize };
