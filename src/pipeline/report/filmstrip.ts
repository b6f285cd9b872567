import sharp from "sharp";
import type { Span } from "../../frames/decoder.js";
import { createDecoder } from "../../frames/open-decoder.js";

/** Height of a strip, pixels. */
const stripHeight = 72;

/** JPEG quality: a page may hold many strips. */
const quality = 60;

/**
 * Frames of a video side by side, as a JPEG.
 *
 * @param count frames, spread over the whole video, or over a span of it
 * @throws MuybridgeError of the decoder.
 */
export async function filmstrip(path: string, count: number, span?: Span): Promise<Buffer> {
  const decoder = createDecoder();
  const { width, height } = await decoder.probe(path);
  const tileWidth = Math.max(
    1,
    Math.min(4 * stripHeight, Math.round((stripHeight * width) / height)),
  );
  const output = {
    plan: { count, ...span },
    width: tileWidth,
    height: stripHeight,
    pixelFormat: "rgb24",
    fit: "stretch",
  } as const;
  const strip = Buffer.alloc(count * tileWidth * stripHeight * 3);
  let column = 0;
  for await (const { frames, n } of decoder.decode(path, [output])) {
    for (let i = 0; i < n; i++, column++) {
      for (let y = 0; y < stripHeight; y++) {
        const row = (i * stripHeight + y) * tileWidth * 3;
        strip.set(frames.subarray(row, row + tileWidth * 3), (y * count + column) * tileWidth * 3);
      }
    }
  }
  const raw = { width: count * tileWidth, height: stripHeight, channels: 3 } as const;
  return sharp(strip, { raw }).jpeg({ quality }).toBuffer();
}
