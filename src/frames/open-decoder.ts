import { MuybridgeError } from "../core/errors.js";
import { type Decoder, type DecoderName, decoderNames } from "./decoder.js";
import { createFfmpegDecoder } from "./ffmpeg-decoder.js";
import { createLibavDecoder } from "./libav-decoder.js";

/** Name of the decoder where none is given. */
export const defaultDecoder: DecoderName = "libav";

/**
 * The decoder of a name.
 *
 * @throws MuybridgeError ERR_USAGE for an unknown name.
 */
export function createDecoder(name: DecoderName = defaultDecoder): Decoder {
  if (name === "libav") return createLibavDecoder();
  if (name === "ffmpeg") return createFfmpegDecoder();
  throw new MuybridgeError(
    "ERR_USAGE",
    `There is no decoder "${String(name)}"; there are ${decoderNames.join(" and ")}.`,
    { parameter: "decoder" },
  );
}
