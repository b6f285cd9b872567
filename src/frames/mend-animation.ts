import type { PictureFormat } from "./picture-format.js";

/** Bytes of an animation that can be decoded as far as they go, and what is known of it without decoding. */
export interface MendedAnimation {
  readonly bytes: Buffer;
  /** Frames that begin in the file, whole or not. */
  readonly frames: number;
  /** Whether the file ends early. */
  readonly truncated: boolean;
}

/**
 * Follows a GIF or WebP file to its end. A GIF decodes as far as it goes by itself. A WebP only decodes where its
 * size is the one it promises, so of one that is cut off the whole chunks are kept and the size is set to theirs
 * (in place).
 */
export function mendAnimation(bytes: Buffer, format: PictureFormat): MendedAnimation {
  if (format === "gif") return followGif(bytes);
  if (format === "webp") return mendWebp(bytes);
  return { bytes, frames: 1, truncated: false };
}

/** The blocks of a GIF up to its trailer (GIF89a specification, 1990, appendix B). */
function followGif(bytes: Buffer): MendedAnimation {
  const tableSize = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  const skipSubBlocks = (from: number): number => {
    let at = from;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
    return at + 1;
  };
  let frames = 0;
  let at = 13 + tableSize(bytes[10] ?? 0);
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x3b) return { bytes, frames, truncated: false }; // trailer
    if (block === 0x21) {
      at = skipSubBlocks(at + 2); // extension: introducer, label
    } else if (block === 0x2c) {
      // Image: separator, place and size, flags; colour table; code size.
      at = skipSubBlocks(at + 11 + tableSize(bytes[at + 9] ?? 0));
      frames += 1;
    } else {
      break;
    }
  }
  return { bytes, frames, truncated: true };
}

/** Chunks of a WebP that hold a picture: one of an animation, lossy, lossless. */
const webpPictures: ReadonlySet<string> = new Set(["ANMF", "VP8 ", "VP8L"]);

/** RIFF: "RIFF", size of what follows, "WEBP", chunks of a name, a size and data padded to even length. */
function mendWebp(bytes: Buffer): MendedAnimation {
  const promised = bytes.length >= 12 ? 8 + bytes.readUInt32LE(4) : 0;
  let frames = 0;
  let end = 12;
  while (end + 8 <= bytes.length) {
    if (webpPictures.has(bytes.toString("latin1", end, end + 4))) frames += 1;
    const size = bytes.readUInt32LE(end + 4);
    const next = end + 8 + size + (size % 2);
    if (next > bytes.length) break;
    end = next;
  }
  if (bytes.length >= promised) return { bytes, frames, truncated: false };
  bytes.writeUInt32LE(end - 8, 4);
  return { bytes: bytes.subarray(0, end), frames, truncated: true };
}
