/** A command line as a shell would take it: words with unusual characters stand between single quotes. */
export function shellQuote(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
