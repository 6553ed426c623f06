/** What a state is called in words: the status line, the region's name, and patience. No DOM here. */

import type { State } from "./wire";

export const INACTIVE = "Tiled sign-in: run the cell to activate";
export const RESTARTED = "The kernel was restarted. Run the cell again to sign in.";

export const ELSEWHERE = "No longer needed: signed in elsewhere.";

export type Mood = "idle" | "busy" | "done";

/** The status line: what is the case, politely announced. */
export function statusOf(state: State): string {
  switch (state.kind) {
    case "disconnected":
      return cancelled(state.failure) ?? "Not signed in";
    case "connecting":
      return `Connecting to ${state.address} …`;
    case "signed_out":
      return cancelled(state.failure) ?? state.reason ?? "Not signed in";
    case "verifying":
      return "Signing in …";
    case "signed_in":
      return state.identity ? `Signed in as ${state.identity.id}` : "Signed in with an API key";
    default:
      return state satisfies never;
  }
}

/** The sign beside the status line; the word stands next to it. */
export function moodOf(state: State): Mood {
  if (isBusy(state)) return "busy";
  return state.kind === "signed_in" ? "done" : "idle";
}

/** Accessible name of the panel: a page may hold several. */
export function regionOf(state: State | undefined, number: number): string {
  const host = state && "server" in state ? ` ${state.server.host}` : "";
  return `Tiled sign-in${host}${number > 1 ? ` (${number})` : ""}`;
}

/** An alert for what went wrong. Cancel is an answer, not a failure. */
export function alertOf(state: State): string {
  const failure = "failure" in state ? state.failure : null;
  return failure && failure.kind !== "cancelled" ? failure.sentence : "";
}

export function isBusy(state: State): state is Extract<State, { since: number }> {
  return state.kind === "connecting" || state.kind === "verifying";
}

/**
 * What to say about an answer that takes long, at `now` on the kernel's clock: before the seconds, the
 * seconds, after them.
 */
export function patience(state: State, now: number): string[] {
  if (!isBusy(state)) return [];
  const elapsed = now - state.since;
  const seconds = ` (${Math.floor(elapsed)} s)`;
  if (state.kind === "connecting") return elapsed < 3 ? [] : ["Still connecting", seconds];
  const phone = ". If your facility uses a second factor, check your phone.";
  return elapsed < 8 ? [] : ["Still waiting for the server", seconds, phone];
}

function cancelled(failure: { kind: string; sentence: string } | null): string | null {
  return failure?.kind === "cancelled" ? failure.sentence : null;
}
