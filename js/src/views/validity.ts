/** How long a new key works: chosen from a list, or proposed for a job that runs and waits in a queue. */

import { h, say, sayOrHide, unique } from "../dom";
import { inWords, moment, proposal, secondsOf } from "../times";
import type { Keys } from "../wire";
import { labelled, note, subtle } from "./view";

const OFFERED = ["1d", "7d", "30d", "90d", "1y"];
const NEVER = "never";
const FOR_EVER = "A key that never stops working is good for whoever finds it, until somebody deletes it.";
const HOW = "Write a whole number and a unit, for example 48 h or 7 d.";

export function validity() {
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const runs = length("48 h");
  const queue = length("7 d");
  const select = h("select", { "aria-describedby": help.id, change: () => settle(select.value) });
  const warning = note();
  const capped = subtle();
  const element = h(
    "div",
    { class: "tiled-jupyter-fields" },
    h(
      "div",
      { class: "tiled-jupyter-pair", role: "group", "aria-label": "For a job" },
      labelled("The job runs for", runs),
      labelled("and may wait in the queue up to", queue),
    ),
    h("div", { class: "tiled-jupyter-pair" }, labelled("Stops working after", select), help),
    capped,
    warning,
  );
  let offered = "";
  let longest = Number.POSITIVE_INFINITY;
  let usual = "7d";
  let touched = false;
  let forJob = "";

  function length(example: string): HTMLInputElement {
    return h("input", {
      type: "text",
      autocomplete: "off",
      placeholder: `for example ${example}`,
      input: propose,
    });
  }

  function propose(): void {
    const [run, wait] = [runs, queue].map(({ value }) => (value.trim() === "" ? 0 : secondsOf(value)));
    const wrong = run === undefined || wait === undefined;
    const needed = wrong || run + wait === 0 ? "" : proposal(run, wait);
    const tooLong = needed !== "" && (secondsOf(needed) ?? 0) > longest;
    forJob = tooLong ? inDays(longest) : needed;
    const cap = `Keys may work for ${inWords(inDays(longest))} at most here: make another one in time.`;
    sayOrHide(capped, wrong ? HOW : tooLong ? cap : "");
    offer();
    settle(forJob || usual);
    touched = forJob !== "";
  }

  function offer(): void {
    const lengths = [...OFFERED, usual, forJob, Number.isFinite(longest) ? inDays(longest) : NEVER];
    const sorted = [...new Set(lengths)]
      .filter((each) => each !== "" && seconds(each) <= (each === NEVER ? Number.POSITIVE_INFINITY : longest))
      .sort((a, b) => seconds(a) - seconds(b));
    if (offered === JSON.stringify([sorted, forJob])) return;
    offered = JSON.stringify([sorted, forJob]);
    const { value } = select;
    select.replaceChildren(
      ...sorted.map((each) =>
        h("option", { value: each }, `${inWords(each)}${each === forJob ? ", for this job" : ""}`),
      ),
    );
    select.value = sorted.includes(value) ? value : usual;
  }

  function settle(value: string): void {
    touched = true;
    select.value = value;
    sayOrHide(warning, value === NEVER ? FOR_EVER : "");
    say(help, value === NEVER ? "" : `until ${moment(Date.now() / 1000 + seconds(value))}`);
  }

  function update({ expires_in, max_days }: Keys): void {
    longest = max_days === null ? Number.POSITIVE_INFINITY : (secondsOf(`${max_days}d`) ?? 0);
    usual = expires_in;
    offer();
    if (touched) return;
    settle(usual);
    touched = false;
  }

  function reset(): void {
    runs.value = queue.value = forJob = "";
    capped.hidden = true;
    touched = false;
  }

  return { element, update, reset, chosen: () => select.value };
}

function seconds(length: string): number {
  return length === NEVER ? Number.POSITIVE_INFINITY : (secondsOf(length) ?? 0);
}

function inDays(length: number): string {
  return `${Math.floor(length / 86_400)}d`;
}
