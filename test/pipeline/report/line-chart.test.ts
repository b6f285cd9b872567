import { expect, test } from "vitest";
import { lineChart } from "../../../src/pipeline/report/line-chart.js";
import { table } from "../../../src/pipeline/report/page.js";

test("a chart is a picture with a description, in the page's colours, with every line", () => {
  const svg = lineChart({
    description: 'Loss of "a" < b',
    x: { name: "epoch", min: 1, max: 3, whole: true },
    y: { name: "loss", min: 0 },
    lines: [
      {
        name: "training",
        colour: "var(--one)",
        points: [
          [1, 2],
          [2, 1],
          [3, 0.5],
        ],
      },
      { name: "validation", colour: "var(--two)", dots: true, points: [[2, 1.5]] },
    ],
  });
  expect(svg).toMatch(/^<svg role="img" aria-label="Loss of &#34;a&#34; &#60; b"/);
  expect(svg).toContain("currentColor");
  expect(svg).toContain('stroke="var(--one)"');
  for (const name of ["training", "validation", "epoch", "loss"])
    expect(svg).toContain(`>${name}<`);
});

test("what a table holds is text, whatever is in it", () => {
  const html = table(["class"], [["<script>alert(1)</script>", "a&b"]], 'x"y');
  expect(html).not.toContain("<script>");
  expect(html).toContain("&#60;script&#62;");
  expect(html).toContain('aria-label="x&#34;y"');
});
