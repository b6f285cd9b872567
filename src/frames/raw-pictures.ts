import type { Readable } from "node:stream";

/**
 * Puts pictures together from the chunks of a pipe. A picture cut short by the end is left out.
 *
 * @param bytes of each picture
 */
export async function* readRawPictures(pipe: Readable, bytes: number): AsyncGenerator<Uint8Array> {
  let picture = new Uint8Array(bytes);
  let filled = 0;
  // Left open when the reader stops early: who began the program also drains its pipe, or it would stay open.
  const chunks: AsyncIterable<Uint8Array> = pipe.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + bytes - filled);
      picture.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === bytes) {
        yield picture;
        picture = new Uint8Array(bytes);
        filled = 0;
      }
    }
  }
}
