/** A state looks the same whatever was shown before it; only what a person has in hand stays. */

import { expect, it } from "vitest";
import { open, states } from "./page";

const AROUND = [{ waiting: false }, { waiting: true }, { waiting: true, resuming: true }];
const EACH_AFTER_EACH = [0, 1, 0, 2, 1, 2, 0];

/** What a person can see and use. */
function look(page: ReturnType<typeof open>) {
  return { text: page.text(), buttons: page.buttons(), fields: page.fields() };
}

it.each(Object.entries(states))("%s, whether a cell waited before or not", (_, shown) => {
  const looks = AROUND.map((around) => {
    const fresh = open();
    fresh.show(shown, around);
    return look(fresh);
  });
  const page = open();
  for (const position of EACH_AFTER_EACH) {
    page.show(shown, AROUND[position]);
    expect(look(page)).toEqual(looks[position]);
  }
});
