/** What a person should know of a server, and of the way to it, before they type. */

import { h, sayOrHide } from "../parts/dom";
import { note } from "../parts/view";
import type { Server } from "../wire";

const MANY = 150;

/** Notes on a server: not verified, never used before, public, full of sign-ins. */
export function serverNotes() {
  const notes = [note(), note(), note(), note()];
  function update(server: Server): void {
    const texts = notesOf(server);
    notes.forEach((each, i) => {
      sayOrHide(each, texts[i] ?? "");
    });
    element.hidden = texts.length === 0;
  }
  const element = h("div", { class: "tiled-jupyter-notes", hidden: true }, ...notes);
  return { element, update };
}

function notesOf({ host, new: unknown, required, sign_ins, unverified }: Server): string[] {
  const notes: string[] = [];
  if (unverified)
    notes.push(
      `The certificate of ${host} is not checked (verify is off in its profile): others on the network could read what you type.`,
    );
  if (unknown)
    notes.push(
      `You have not signed in to ${host} from this computer account before. Check that the address is right.`,
    );
  if (!required)
    notes.push(`You can use the public data of ${host} without signing in. Signing in may show more.`);
  if (sign_ins !== null && sign_ins >= MANY)
    notes.push(
      `This account had ${sign_ins} of 200 sign-ins when last seen; a server may refuse more. Ended ones count too. An API key needs none.`,
    );
  return notes;
}

/** What is said before a secret is typed on a connection that others can read; empty where it is encrypted. */
export function exposureOf(exposed: boolean, server: Server): string {
  if (!exposed) return "";
  const page = server.providers.find(({ mode, refusal }) => mode === "external" && !refusal);
  const better = page ? ` Prefer ${page.name}: you sign in on a web page, and type nothing here.` : "";
  return `What you type travels to this kernel over a network without encryption: others there may read it.${better}`;
}
