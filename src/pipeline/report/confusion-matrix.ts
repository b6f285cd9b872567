import type { Evaluation } from "../evaluate.js";
import { escapeHtml, scrolled } from "./page.js";

/** The confusion matrix: rows are what the clips are, columns what they were told to be. */
export function confusionMatrix({
  confusion,
  classes,
}: Pick<Evaluation, "confusion" | "classes">): string {
  const head = classes
    .map((label) => `<th scope="col" class="turned"><span>${escapeHtml(label)}</span></th>`)
    .join("");
  const rows = confusion.map((row, index) => {
    const total = Math.max(
      row.reduce((a, b) => a + b, 0),
      1,
    );
    const cells = row.map((count, column) => {
      const hue = column === index ? "var(--right)" : "var(--wrong)";
      const strength = Math.round((70 * count) / total);
      const shade =
        count > 0 ? ` style="background:color-mix(in srgb, ${hue} ${strength}%, transparent)"` : "";
      return `<td class="count"${shade}>${count > 0 ? count : ""}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(classes[index] ?? "")}</th>${cells.join("")}</tr>`;
  });
  return `<p>Rows are what the clips are, columns what they were told to be.</p>${scrolled(
    `<table class="confusion"><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("")}</tbody></table>`,
    "confusion matrix",
  )}`;
}
