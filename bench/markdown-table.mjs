/**
 * A table in Markdown, to be pasted into the documents. Columns of numbers are set to the right.
 *
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function markdownTable(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(4, title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const isNumber = head.map((_, column) => rows.every((row) => /^[-\d.]/.test(row[column] ?? "")));
  const pad = (/** @type {string} */ text, /** @type {number} */ column) =>
    isNumber[column] ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  const rule = widths.map((width, column) =>
    isNumber[column] ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  return [head, rule, ...rows]
    .map((row) => `| ${row.map(pad).join(" | ")} |`)
    .join("\n")
    .concat("\n");
}
