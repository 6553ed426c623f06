/** What Python says to panels of this page before they listen, and the code that draws them. */

import type makePanel from "./panel";
import type { StateMessage } from "./wire";

export type PanelCode = { default: typeof makePanel };

interface Early {
  /** By its text: kernels of different versions may share a page. */
  readonly modules: Map<string, Promise<PanelCode>>;
  /** The last message for each panel that does not listen yet; null for those that do. */
  readonly messages: Map<string, StateMessage | null>;
}

const IN_THE_PAGE = Symbol.for("tiled_jupyter");

/** One for all widgets of the page, whose modules share nothing else. */
export function early(): Early {
  const page = globalThis as { [IN_THE_PAGE]?: Early };
  page[IN_THE_PAGE] ??= { modules: new Map(), messages: new Map() };
  return page[IN_THE_PAGE];
}
