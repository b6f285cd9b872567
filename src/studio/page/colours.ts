import { labels } from "./store.js";

/**
 * Seven colours that people with any kind of colour blindness tell apart (Okabe and Ito, "Color Universal Design",
 * 2008); no text is written in them.
 */
const palette = ["#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#0072b2", "#f0e442"];

const unknownColour = "#969696";

/** The colour of a label: the same wherever it is shown. */
export function colourOf(label: string): string {
  const index = labels.value.indexOf(label);
  return index < 0 ? unknownColour : palette[index % palette.length]!;
}
