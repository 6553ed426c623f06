import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// After each change in a page the browser asks anew whether such a rule holds, for every element that it may be about:
// asked of the body, JupyterLab becomes several times slower.
test("only parts of the panel, and cells, are asked what they contain", () => {
  const css = readFileSync("../tiled_jupyter/panel/static/panel.css", "utf8");
  const asked = [...css.replace(/\[[^\]]*\]/g, "").matchAll(/([^\s,{}>+~]*):has\(/g)].map(
    ([, whose]) => whose,
  );
  expect(asked.length).toBeGreaterThan(3);
  expect(asked.filter((whose) => !/^\.(tiled-jupyter-|jp-Cell)/.test(whose ?? ""))).toEqual([]);
});
