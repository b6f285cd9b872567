import { MuybridgeError } from "../core/errors.js";
import { type Decoder, type DecoderName, decoderNames, defaultDecoder } from "./decoder.js";
import { isImageInput } from "./image-input.js";
import { createLibavDecoder } from "./libav-decoder.js";

/**
 * The decoder of a name. Whatever the name, inputs `images:DIR` and GIF and WebP files go to the decoder of pictures.
 *
 * @throws MuybridgeError ERR_USAGE for an unknown name.
 */
export function createDecoder(name: DecoderName = defaultDecoder): Decoder {
  if (!decoderNames.includes(name)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `There is no decoder "${String(name)}"; there are ${decoderNames.join(" and ")}.`,
      { parameter: "decoder" },
    );
  }
  const decoderOf = (path: string): Promise<Decoder> => openDecoder(name, path);
  return {
    name,
    probe: async (path) => (await decoderOf(path)).probe(path),
    async *decode(path, outputs, options) {
      yield* (await decoderOf(path)).decode(path, outputs, options);
    },
  };
}

/** The decoder that a file goes to. The unusual ones are loaded when they are needed. */
async function openDecoder(name: DecoderName, path: string): Promise<Decoder> {
  if (await isImageInput(path)) return (await import("./image-decoder.js")).createImageDecoder();
  if (name === "ffmpeg") return (await import("./ffmpeg-decoder.js")).createFfmpegDecoder();
  return createLibavDecoder();
}
