import { MuybridgeError } from "../core/errors.js";
import { type Decoder, type DecoderName, decoderNames, defaultDecoder } from "./decoder.js";
import { createFfmpegDecoder } from "./ffmpeg-decoder.js";
import { isImageInput } from "./image-input.js";
import { createLibavDecoder } from "./libav-decoder.js";

/**
 * The decoder of a name. Whatever the name, inputs `images:DIR` and GIF and WebP files go to the decoder of pictures.
 *
 * @throws MuybridgeError ERR_USAGE for an unknown name.
 */
export function createDecoder(name: DecoderName = defaultDecoder): Decoder {
  return withPictures(videoDecoder(name));
}

function videoDecoder(name: DecoderName): Decoder {
  if (name === "libav") return createLibavDecoder();
  if (name === "ffmpeg") return createFfmpegDecoder();
  throw new MuybridgeError(
    "ERR_USAGE",
    `There is no decoder "${String(name)}"; there are ${decoderNames.join(" and ")}.`,
    { parameter: "decoder" },
  );
}

/** A decoder that sends pictures to the decoder of pictures, which is loaded when the first one comes. */
function withPictures(videos: Decoder): Decoder {
  const decoderOf = async (path: string): Promise<Decoder> =>
    (await isImageInput(path)) ? (await import("./image-decoder.js")).createImageDecoder() : videos;
  return {
    name: videos.name,
    probe: async (path) => (await decoderOf(path)).probe(path),
    async *decode(path, outputs, options) {
      yield* (await decoderOf(path)).decode(path, outputs, options);
    },
  };
}
