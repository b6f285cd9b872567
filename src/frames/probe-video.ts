import type { VideoInfo } from "./decoder.js";
import { createDecoder } from "./open-decoder.js";

/**
 * What a video's headers say: length, size, frame rate, codec. Nothing is decoded.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE.
 */
export function probeVideo(path: string): Promise<VideoInfo> {
  return createDecoder().probe(path);
}
