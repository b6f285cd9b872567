import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileUrl, inputGuards } from "./ffmpeg-arguments.js";
import type { FfmpegPrograms } from "./ffmpeg-programs.js";
import {
  headerEntries,
  openFfprobeReader,
  type ProbedVideo,
  packetEntries,
} from "./ffprobe-report.js";
import { checkPictureSize, maxPixels, notAVideo } from "./video-input.js";

/** Characters of what ffprobe says that are kept for an error's message. */
const keptText = 2000;

/** Options of {@link runFfprobe}. */
export interface FfprobeOptions {
  /** Whether the packets of the whole file are read as well, for the times of its frames. */
  readonly packets: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the ffprobe program tells of a video. Nothing is decoded.
 *
 * @throws MuybridgeError ERR_NOT_A_VIDEO, ERR_NO_VIDEO_STREAM, ERR_TOO_LARGE; the signal's reason on abort.
 */
export async function runFfprobe(
  { ffprobe }: FfmpegPrograms,
  path: string,
  { packets, signal }: FfprobeOptions,
): Promise<ProbedVideo> {
  const entries = headerEntries + (packets ? packetEntries : "");
  const child = spawn(
    ffprobe,
    [
      ...["-hide_banner", "-loglevel", "error", "-of", "compact", "-show_entries", entries],
      ...inputGuards,
      // It may decode a picture to learn more.
      ...["-max_pixels", String(maxPixels)],
      ...["-i", fileUrl(path)],
    ],
    { stdio: ["ignore", "pipe", "pipe"], windowsHide: true },
  );
  const kill = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  try {
    const closed = once(child, "close") as Promise<[number | null]>;
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-keptText);
    });
    const reader = openFfprobeReader();
    const lines = createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on("line", (line) => reader.line(line));
    const [code] = await closed;
    signal?.throwIfAborted();
    if (code !== 0) {
      checkRefusedSize(path, said);
      throw notAVideo(path, reasonOf(said.trim()));
    }
    const probed = reader.finish(path);
    if (probed.picture.width === 0) checkRefusedSize(path, said);
    return probed;
  } finally {
    signal?.removeEventListener("abort", kill);
    kill();
  }
}

/** The size of pictures that are too large for ffprobe itself is not among the fields, but it complains of it. */
function checkRefusedSize(path: string, said: string): void {
  const [, width, height] = /Picture size (\d+)x(\d+)/.exec(said) ?? [];
  if (width && height) checkPictureSize(path, Number(width), Number(height));
}

function reasonOf(said: string): string {
  if (said.includes("Format not on whitelist")) {
    return "its format is none of the known containers";
  }
  return said === "" ? "ffprobe could not read it" : `ffprobe says: ${said}`;
}
