import type { DecoderName, VideoInfo } from "./decoder.js";
import { createDecoder } from "./open-decoder.js";

/** Options of {@link probeVideo}. */
export interface ProbeOptions {
  /** Default "libav". */
  readonly decoder?: DecoderName;
}

/**
 * What a video's headers say: length, size, frame rate, codec. Nothing is decoded.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE; ERR_USAGE
 * for an unknown decoder, or one whose program is missing.
 */
export function probeVideo(path: string, { decoder }: ProbeOptions = {}): Promise<VideoInfo> {
  return createDecoder(decoder).probe(path);
}
