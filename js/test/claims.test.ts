/**
 * What sentences claim, checked against the state they stand in: every state of the wire, in all tabs, however a cell
 * and the settings are.
 */

import { expect, it } from "vitest";
import type { State, Surroundings } from "../src/wire";
import { formOf, serverOf } from "../src/words";
import { open, states } from "./page";

const NOW = 1790000003;
type Around = Pick<Surroundings, "waiting" | "elsewhere" | "cell" | "remember" | "resuming"> &
  Partial<Pick<Surroundings, "only_control">>;

/** A claim, the words that make it, and whether it is so. */
const CLAIMS: [string, RegExp, (state: State, around: Around) => boolean][] = [
  [
    "somebody is signed in",
    /\bSigned in (as|with|on|earlier)\b|You (are|stay) signed in|acts (as|with)|Using your saved/,
    ({ kind }) => kind === "signed_in",
  ],
  [
    "nobody is signed in",
    /Not signed in|Nobody is signed in|Signed out|to sign in\.|^Sign in to/,
    ({ kind }) => kind !== "signed_in" && kind !== "key_in_cell",
  ],
  [
    "the session has ended",
    /session .*has ended|Sign in to go on/,
    (state) => /has ended|is now to be renewed/.test(formOf(state)?.reason ?? ""),
  ],
  [
    "it may have ended",
    /was good until|If it has ended/,
    (state) => state.kind === "signed_in" && state.good_until !== null && state.good_until <= NOW,
  ],
  [
    "it lasts",
    /Signed in until/,
    (state) => state.kind === "signed_in" && state.good_until !== null && state.good_until > NOW,
  ],
  [
    "this server is new here",
    /You have not signed in to/,
    (state) => state.kind !== "signed_in" && serverOf(state)?.new === true,
  ],
  [
    "a cell waits",
    /\bcell\b[^.]* wait|running cell|Stop the cell/i,
    (_, { waiting, elsewhere, cell }) => (waiting || elsewhere) && cell !== null,
  ],
  [
    "something waits",
    /is waiting for you|can resume this request/,
    // What a login of somebody else came to is said of that moment.
    (state, { waiting, elsewhere }) =>
      waiting || elsewhere || ("failure" in state && state.failure?.kind === "identity"),
  ],
  [
    "another panel has the form",
    /use its panel/,
    (state, { elsewhere }) => elsewhere && state.kind === "signed_out",
  ],
  [
    "it can be answered here",
    /\bSign in\b(?! to go on)|Password|API key/,
    (state, { elsewhere }) => !(elsewhere && state.kind === "signed_out"),
  ],
  [
    "the cell does not hear this page",
    /does not hear/,
    ({ kind }, { only_control }) => only_control === true && /disconnected|signed_out|awaiting/.test(kind),
  ],
  ["a code expires", /Expires in/, ({ kind }) => kind === "awaiting_authorization"],
  [
    "nothing is stored",
    /For this notebook only|You are .*this notebook only/,
    (state) => state.kind === "signed_in" && !state.remembered,
  ],
];

const AROUND: Around[] = [
  { waiting: false, elsewhere: false, cell: null, remember: "ask", resuming: false },
  { waiting: false, elsewhere: false, cell: null, remember: "never", resuming: false },
  { waiting: false, elsewhere: false, cell: null, remember: "always", resuming: true },
  { waiting: true, elsewhere: false, cell: 14, remember: "never", resuming: false },
  { waiting: true, elsewhere: false, cell: 14, remember: "ask", resuming: true },
  { waiting: true, elsewhere: false, cell: null, remember: "always", resuming: true },
  { waiting: false, elsewhere: true, cell: 14, remember: "ask", resuming: false },
  { waiting: false, elsewhere: true, cell: null, remember: "never", resuming: false },
  { waiting: true, elsewhere: false, cell: 14, remember: "ask", resuming: false, only_control: true },
];

function textsOf(page: ReturnType<typeof open>): string[] {
  const said = [page.heading() ?? ""];
  for (const opener of ["Sign out", "Somebody else?", "alice · Not alice?", "More"])
    page.button(opener)?.click();
  const tabs = page.all('[role="tab"]').map(({ textContent }) => textContent ?? "");
  for (const tab of tabs.length > 0 ? tabs : [""]) {
    page.tab(tab);
    said.push(page.text());
  }
  return said;
}

const found = new Set<string>();

it.each(Object.entries(states))("what is said is so: %s", (_, state) => {
  const [withControl, without] = [open(), open({ lab: false })];
  for (const around of AROUND) {
    const page = around.only_control ? without : withControl;
    // The page's clock is the kernel's.
    page.show(state, { ...around, now: NOW });
    for (const text of textsOf(page))
      for (const [claim, words, isSo] of CLAIMS) {
        const said = text.match(words)?.[0];
        if (said !== undefined) found.add(claim);
        if (!isSo(state, around)) expect(said, `claims that ${claim}`).toBeUndefined();
      }
  }
});

it("knows the words of each claim", () => {
  expect([...found].sort()).toEqual(CLAIMS.map(([claim]) => claim).sort());
});
