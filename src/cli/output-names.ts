import { dirname, isAbsolute, join, parse, relative, resolve, sep } from "node:path";
import { parseImageSequence } from "../frames/image-sequence.js";

/**
 * What the output of each video is called, without extension: its path within the directory that was named, or,
 * where several directories or files were, within the deepest directory that holds them all. So a/x.avi and
 * b/x.avi do not collide. Of `images:DIR` it is the directory's.
 *
 * @param paths of the videos
 * @param inputs what they were found by
 */
export function outputNames(paths: readonly string[], inputs: readonly string[]): string[] {
  const places = paths.map((path) => resolve(parseImageSequence(path)?.directory ?? path));
  const roots = places.map(
    (place) =>
      inputs.map((input) => resolve(input)).find((root) => isInside(root, place)) ?? dirname(place),
  );
  const base = roots.reduce(commonDirectory, roots[0] ?? "");
  const taken = new Set<string>();
  return paths.map((path, index) => {
    const place = places[index]!;
    const within = relative(base, place);
    // On Windows, what lies on another drive is within nothing.
    const inside = isAbsolute(within) ? parse(place).base : within;
    const { dir, name } = parse(inside);
    const plain = parseImageSequence(path) ? inside : join(dir, name);
    // a.mp4 beside a.avi: the second one keeps its extension; after that they are counted.
    let chosen = taken.has(plain.toLowerCase()) ? inside : plain;
    for (let count = 2; taken.has(chosen.toLowerCase()); count++) chosen = `${plain}-${count}`;
    // A file system may take A and a for the same.
    taken.add(chosen.toLowerCase());
    return chosen;
  });
}

function isInside(root: string, place: string): boolean {
  const within = relative(root, place);
  return within !== "" && !isAbsolute(within) && within.split(sep)[0] !== "..";
}

function commonDirectory(a: string, b: string): string {
  let common = a;
  while (common !== b && !isInside(common, b) && dirname(common) !== common)
    common = dirname(common);
  return common;
}
