/** Kinds of picture files that are read, by what sharp calls them; HEIF is read where it holds AV1. */
export type PictureFormat = "jpeg" | "png" | "webp" | "gif" | "tiff" | "avif";

/** Extensions by which the pictures of a directory are known, without the dot. */
export const pictureExtensions: ReadonlySet<string> = new Set(
  "avif jfif jpe jpeg jpg png tif tiff webp".split(" "),
);

/** Bytes from a file's start that tell its format. */
export const signatureLength = 16;

/** What a file of each format has at an offset, as Latin-1 text. */
const signatures: readonly (readonly [PictureFormat, number, readonly string[]])[] = [
  ["jpeg", 0, ["\xff\xd8\xff"]],
  ["png", 0, ["\x89PNG\r\n\x1a\n"]],
  ["gif", 0, ["GIF87a", "GIF89a"]],
  ["webp", 8, ["WEBP"]],
  // Classic and big TIFF, of either byte order.
  ["tiff", 0, ["II*\0", "MM\0*", "II+\0", "MM\0+"]],
  ["avif", 4, ["ftypavif", "ftypavis", "ftypmif1", "ftypmsf1", "ftypmiaf"]],
];

/**
 * The format of a picture, by its content. Whatever else an image library would open (SVG, which may name other
 * files; PDF; raw dumps) is no picture here.
 *
 * @param start at least the first {@link signatureLength} bytes of the file, where it is as long
 */
export function pictureFormat(start: Uint8Array): PictureFormat | undefined {
  const text = Buffer.from(start.subarray(0, signatureLength)).toString("latin1");
  const found = signatures.find(([, offset, texts]) =>
    texts.some((signature) => text.startsWith(signature, offset)),
  );
  return found?.[0] === "webp" && !text.startsWith("RIFF") ? undefined : found?.[0];
}

/** Whether a file's name has a known picture extension. */
export function isPictureName(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && pictureExtensions.has(name.slice(dot + 1).toLowerCase());
}
