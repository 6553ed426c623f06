/** How long a new key works: chosen from a list, or proposed by Python for a job that runs and waits in a queue. */

import { h, say, sayOrHide, unique } from "../parts/dom";
import { inWords, moment, secondsOf } from "../parts/times";
import { type Context, disclosure, labelled, note, subtle } from "../parts/view";
import type { Keys, Proposal } from "../wire";

const OFFERED = ["1d", "7d", "30d", "90d", "1y"];
const NEVER = "never";
/** What the job needs, whatever that is. */
const USUAL = "usual";
const FOR_EVER = "A key that never stops working is good for whoever finds it, until somebody deletes it.";

export function validity({ send }: Context) {
  const help = h("span", { id: unique(), class: "tiled-jupyter-subtle", "aria-live": "polite" });
  const runs = length("48 h");
  const queue = length("7 d");
  const select = h("select", {
    "aria-describedby": help.id,
    change: () => {
      asked = "";
      choose(select.value);
    },
  });
  const warning = note();
  const remark = subtle();
  remark.setAttribute("aria-live", "polite");
  const job = disclosure(
    "Fit to a job",
    h(
      "div",
      { class: "tiled-jupyter-pair", role: "group", "aria-label": "Fit to a job" },
      labelled("The job runs for", runs),
      labelled("and may wait in the queue up to", queue),
    ),
    remark,
  );
  const element = h(
    "div",
    { class: "tiled-jupyter-fields" },
    h("div", { class: "tiled-jupyter-pair" }, labelled("Stops working after", select), help),
    warning,
    job.opener,
    job.content,
  );
  let offered = "";
  let longest = Number.POSITIVE_INFINITY;
  let usual = "7d";
  let touched = false;
  let forJob = "";
  // What was asked and is not answered yet.
  let asked = "";

  function length(example: string): HTMLInputElement {
    return h("input", {
      type: "text",
      autocomplete: "off",
      maxlength: "40",
      placeholder: `for example ${example}`,
      input: () => {
        const job = ofJob();
        asked = JSON.stringify(job);
        send({ type: "propose_expiry", ...job });
      },
    });
  }

  function ofJob() {
    return { runs_for: runs.value, may_wait: queue.value };
  }

  function offer(): void {
    const lengths = [...OFFERED, usual, forJob, longest < Number.POSITIVE_INFINITY ? inDays(longest) : NEVER];
    const sorted = [...new Set(lengths)]
      .filter((each) => each !== "" && (each === NEVER || seconds(each) <= longest))
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

  function choose(value: string): void {
    touched = true;
    select.value = value;
    sayOrHide(warning, value === NEVER ? FOR_EVER : "");
    say(help, value === NEVER ? "" : `until ${moment(Date.now() / 1000 + seconds(value))}`);
  }

  function update({ expires_in, max_days }: Keys, proposal: Proposal | null): void {
    longest = max_days === null ? Number.POSITIVE_INFINITY : secondsOf(`${max_days}d`);
    usual = expires_in;
    const { runs_for, may_wait, ...answer } = proposal ?? { expires_in: "", sentence: null };
    const answered = asked !== "" && asked === JSON.stringify({ runs_for, may_wait });
    if (answered) {
      asked = "";
      forJob = answer.expires_in;
      sayOrHide(remark, answer.sentence ?? "");
    }
    offer();
    if (touched && !answered) return;
    choose(forJob || usual);
    touched = forJob !== "";
  }

  function reset(): void {
    runs.value = queue.value = forJob = asked = "";
    remark.hidden = true;
    touched = false;
  }

  return { element, update, reset, chosen: () => (asked ? USUAL : select.value), ofJob };
}

function seconds(length: string): number {
  return length === NEVER ? Number.POSITIVE_INFINITY : secondsOf(length);
}

function inDays(length: number): string {
  return `${Math.floor(length / 86_400)}d`;
}
