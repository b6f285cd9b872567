import { type DecoderName, defaultDecoder, type VideoInfo } from "../frames/decoder.js";
import { probeVideo } from "../frames/probe-video.js";
import type { StageCache } from "./stage-cache.js";

/** A video whose headers are asked for. */
export interface ProbeRequest {
  readonly path: string;
  /** SHA-256 of its content; without it nothing is looked up and nothing kept. */
  readonly contentDigest: string | undefined;
  /** Default "libav". */
  readonly decoder?: DecoderName;
}

/**
 * What a video's headers say, through the cache.
 *
 * @throws MuybridgeError of `probeVideo`.
 */
export async function probeThroughCache(
  { path, contentDigest, decoder = defaultDecoder }: ProbeRequest,
  cache: StageCache,
): Promise<VideoInfo> {
  if (contentDigest === undefined) return probeVideo(path, { decoder });
  const key = { content: contentDigest, decoder };
  const entry = await cache.get("probe", key);
  if (entry) return entry.metadata as VideoInfo;
  const info = await probeVideo(path, { decoder });
  await cache.put("probe", key, "", info);
  return info;
}
