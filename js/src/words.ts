/** What a state is called in words: the status line, the region's name, and patience. No DOM here. */

import { moment } from "./parts/times";
import type { Failure, Identity, Server, SignedIn, SignedOut, State } from "./wire";

export const INACTIVE = "Tiled sign-in. Run the cell again to use it.";
export const ENDED_KERNEL = "The kernel of this panel has ended. Run the cell again to sign in.";

export const ELSEWHERE = "No longer needed: signed in elsewhere.";

export type Mood = "idle" | "busy" | "done";

/** The form that a state is, or comes from and goes back to. */
export function formOf(state: State): SignedOut | undefined {
  return state.kind === "signed_out" ? state : "form" in state ? state.form : undefined;
}

export function serverOf(state: State): Server | undefined {
  return "server" in state ? state.server : formOf(state)?.server;
}

/** Why the panel is there, where an interrupted request waits; without one the status line says it. */
export function reasonOf(state: State): string {
  const form = formOf(state);
  return (form?.expected && form.reason) ?? "";
}

/** The status line: what is the case, politely announced. `provider` is the one that was chosen. */
export function statusOf(state: State, provider: string): string {
  switch (state.kind) {
    case "disconnected":
      return cancelled(state.failure) ?? "Not signed in";
    case "connecting":
      return `Connecting to ${state.address} …`;
    case "signed_out":
      return cancelled(state.failure) ?? (state.expected ? null : state.reason) ?? "Not signed in";
    case "verifying":
      return {
        password: "Signing in …",
        saved: "Signing in …",
        api_key: "Checking the key …",
        device: `Asking ${provider} for a code …`,
      }[state.method];
    case "awaiting_authorization":
      return "Waiting for your approval on the web page";
    case "signed_in":
      return signedInAs(state);
    case "key_in_cell":
      return state.revoked ?? (state.busy ? "Revoking the key …" : `The key ${state.first_eight}… is yours`);
    default:
      return state satisfies never;
  }
}

/** How to call somebody in a sentence; `unnamed` is what to call who has no name. The twin of `Identity.words`. */
export function nameOf(identity: Identity | null, unnamed: string): string {
  if (identity === null || identity.kind === "unnamed") return unnamed;
  const { id, name } = identity;
  if (identity.kind === "named") {
    if (name === null) return id;
    return `${name} (${id.length > 12 ? `${id.slice(0, 8)}…` : id})`;
  }
  return id ? `a service account (${id.slice(0, 8)}…)` : "a service account";
}

/** What waits for a sign-in: a cell, where one is running. */
export function waitingFor(cell: number | null): string {
  return `${cell === null ? "A request" : "The cell"} is waiting for you to sign in.`;
}

/** What stands in place of a form where another panel has it: only that one is heard for certain. */
export function askedElsewhere(cell: number | null): string {
  return `${cell === null ? "A request" : `Cell ${cell}`} is waiting for you to sign in: use its panel, not this one.`;
}

/**
 * Why nothing happens, where the kernel is not known to hear this page. `deaf`: the cell that waits hears the control
 * channel alone, and the page has none. `unanswered`: what was pressed has had no answer for a while.
 */
export function unheard(state: State, deaf: boolean, unanswered: boolean): string {
  if (!deaf)
    return unanswered
      ? "The kernel has not answered. If it is running a cell, it hears what you pressed when the cell has ended."
      : "";
  const instead =
    state.kind === "awaiting_authorization"
      ? "Approve on the web page, or press stop."
      : "Press stop, then sign in here, and run the cell again.";
  return needsPerson(state) ? `The cell does not hear what you press here. ${instead}` : "";
}

/** Who an interrupted request waits for. */
export function whoMayResume(expected: Identity | null): string {
  return nameOf(expected, "the person whose session has ended");
}

function signedInAs({ identity, method }: SignedIn): string {
  const name = nameOf(identity, "");
  if (name) return `Signed in as ${name}`;
  return identity === null && method === "api_key" ? "Signed in with an API key" : "Signed in";
}

/** What stands behind the status line: on which server. */
export function placeOf(state: State): string {
  if (state.kind === "key_in_cell") return `on ${state.host}`;
  if (state.kind !== "signed_in") return "";
  return `on ${state.server.host}${statusOf(state, "") === "Signed in" ? ", which does not say who you are" : ""}`;
}

/** The sign beside the status line; the word stands next to it. */
export function moodOf(state: State): Mood {
  if (state.kind === "key_in_cell") return state.busy ? "busy" : state.revoked ? "done" : "idle";
  if (isBusy(state) || state.kind === "awaiting_authorization") return "busy";
  return state.kind === "signed_in" ? "done" : "idle";
}

/** Accessible name of the panel. */
export function regionOf(state: State | undefined): string {
  if (state?.kind === "key_in_cell") return `API key ${state.first_eight} in a cell`;
  const server = state && serverOf(state);
  return `Tiled sign-in${server ? ` ${server.host}` : ""}`;
}

/** An alert for what went wrong. Cancel is an answer, not a failure. */
export function alertOf(state: State): string {
  if (state.kind === "key_in_cell") return state.refusal ?? "";
  const failure = "failure" in state ? state.failure : null;
  return failure && failure.kind !== "cancelled" ? failure.sentence : "";
}

export function isBusy(state: State): state is Extract<State, { kind: "connecting" | "verifying" }> {
  return state.kind === "connecting" || state.kind === "verifying";
}

/** Whether there is something to do for the person. */
export function needsPerson({ kind }: State): boolean {
  return kind === "disconnected" || kind === "signed_out" || kind === "awaiting_authorization";
}

/**
 * What to say about an answer that takes long, at `now` on the kernel's clock: before the seconds, the
 * seconds, after them.
 */
export function patience(state: State, now: number): string[] {
  if ("trouble" in state && state.trouble) return [state.trouble];
  if (!isBusy(state)) return [];
  const elapsed = now - state.since;
  const seconds = ` (${Math.floor(elapsed)} s)`;
  if (state.kind === "connecting") return elapsed < 3 ? [] : ["Still connecting", seconds];
  if (elapsed < 8) return [];
  const phone = ". If your facility uses a second factor, check your phone.";
  return ["Still waiting for the server", seconds, state.method === "password" ? phone : "."];
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** For how many milliseconds a sign-in is good for certain, or as long as a timer can run. */
export function lastsFor({ good_until }: SignedIn, ahead: number): number {
  return good_until === null ? 0 : Math.min((good_until - ahead) * 1000 - Date.now(), LONGEST_TIMER);
}

/** Until when a sign-in is good, in the page's time; `ahead` is how far the kernel's clock is ahead of it. */
export function lasting({ good_until, renews, method }: SignedIn, ahead: number): string {
  if (good_until === null) return method === "api_key" ? "" : "How long this sign-in lasts is not known.";
  const when = moment(good_until, ahead);
  if (good_until - ahead <= Date.now() / 1000)
    return `This sign-in was good until ${when}${renews ? " at least" : ""}. If it has ended, the next request says so.`;
  return `Signed in until ${renews ? "at least " : ""}${when}`;
}

/** Minutes and seconds of a countdown. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function cancelled(failure: Failure | null): string | null {
  return failure?.kind === "cancelled" ? failure.sentence : null;
}
