/** Pages: self-contained HTML without network or scripts, for light and dark, for print, and for screen readers. */

/** A page of its own. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A table; the first cell of a row is its head. Numbers in words stand to the left, as all else. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  caption?: string,
): string {
  const top = head.some((text) => text !== "")
    ? `<thead><tr>${head.map((text) => (text === "" ? "<td></td>" : `<th scope="col">${escapeHtml(text)}</th>`)).join("")}</tr></thead>`
    : "";
  const body = rows
    .map(([first = "", ...rest]) => {
      const cells = rest.map((text) => `<td>${escapeHtml(text)}</td>`).join("");
      return `<tr><th scope="row">${escapeHtml(first)}</th>${cells}</tr>`;
    })
    .join("");
  const told = caption === undefined ? "" : `<caption>${escapeHtml(caption)}</caption>`;
  const kind = top === "" ? ' class="facts"' : "";
  return scrolled(`<table${kind}>${told}${top}<tbody>${body}</tbody></table>`, caption);
}

/** What may be wider than a phone scrolls by itself, also by keyboard. */
export function scrolled(content: string, label = "table"): string {
  return `<div class="wide" role="region" aria-label="${escapeHtml(label)}" tabindex="0">${content}</div>`;
}

/** A fraction as a percentage with one decimal, on one line. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}\u00a0%`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

/** Colours by what they mean; told apart by those who do not see red and green (Okabe & Ito 2008). */
const style = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1b1b1b; --line: #bbb; --right: #009e73; --wrong: #a84300; --one: #0072b2; --two: #d55e00; --three: #009e73; --four: #aa4499; }
@media (prefers-color-scheme: dark) { :root { --wrong: #ff9d5c; --ground: #16181b; --ink: #e8e8e8; --line: #555; --one: #56b4e9; --two: #f0914a; --three: #2fc79b; --four: #cc79a7; } }
@media print { :root { color-scheme: light; --wrong: #a84300; --ground: #fff; --ink: #000; --line: #999; --one: #0072b2; --two: #d55e00; --three: #009e73; } figure, table, svg { break-inside: avoid; } .wide { overflow: visible; } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: var(--ground); color: var(--ink); }
main { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
.headline { font-size: 1.15rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { padding: .25rem .6rem; text-align: left; border-bottom: 1px solid var(--line); }
/* Long digests; numbers stay whole. */
.facts td { overflow-wrap: anywhere; }
.confusion th, .confusion td { padding: .2rem .35rem; white-space: nowrap; }
.count { text-align: center; min-width: 1.6rem; }
.turned { vertical-align: bottom; }
.turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
figure { margin: 0 0 1.5rem; }
.plain { background: #fff; }
figcaption { margin-top: .3rem; overflow-wrap: anywhere; }
img { display: block; max-width: none; }
svg { display: block; max-width: 100%; height: auto; color: var(--ink); }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
.charts > figure { flex: 1 1 20rem; min-width: 0; }
.wrong { color: var(--wrong); }
code { overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .6rem; border: 1px solid var(--line); }
`;
