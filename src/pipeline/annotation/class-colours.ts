/** A colour: red, green and blue, each 0 … 255. */
export type Colour = readonly [number, number, number];

/**
 * Seven colours that people with any kind of colour blindness tell apart (Okabe and Ito, "Color Universal Design",
 * 2008), without the black of theirs, which is the ground here.
 */
const palette: readonly Colour[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 158, 115],
  [240, 228, 66],
  [0, 114, 178],
  [213, 94, 0],
  [204, 121, 167],
];

/** Shades in which the palette comes around: towards white by a part, then towards black. */
const shades = [0, 0.5, -0.4] as const;

/** The colour of what is no class: `unknown`. */
export const unknownColour: Colour = [150, 150, 150];

/**
 * A colour for each class, by its place among them, so that it is the same in all videos. After 21 classes the
 * colours come again.
 */
export function classColours(classes: readonly string[]): ReadonlyMap<string, Colour> {
  return new Map(classes.map((name, index) => [name, colourAt(index)]));
}

function colourAt(index: number): Colour {
  const [red, green, blue] = palette[index % palette.length]!;
  const shade = shades[Math.floor(index / palette.length) % shades.length]!;
  const mix = (value: number): number =>
    Math.round(shade < 0 ? value * (1 + shade) : value + (255 - value) * shade);
  return [mix(red), mix(green), mix(blue)];
}
