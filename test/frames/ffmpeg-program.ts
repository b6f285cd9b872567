import { spawnSync } from "node:child_process";

/** Runs the ffmpeg program, to make files in codecs that the library does not write. */
export function runFfmpegProgram(...args: readonly string[]): void {
  const { status, stderr } = spawnSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args], {
    encoding: "utf8",
    timeout: 60_000,
  });
  if (status !== 0) throw new Error(`ffmpeg ${args.join(" ")}: ${stderr}`);
}

/** Whether the programs ffmpeg and ffprobe are on PATH; says loudly what is not tested where they are not. */
export function ffmpegIsThere(whatIsNotTested: string): boolean {
  const isThere = ["ffmpeg", "ffprobe"].every(
    (program) => spawnSync(program, ["-version"]).status === 0,
  );
  if (!isThere) {
    console.warn(`SKIPPED: ${whatIsNotTested}. The programs ffmpeg and ffprobe are not on PATH.`);
  }
  return isThere;
}

/** Encoders that the ffmpeg program has. */
export function ffmpegEncoders(): ReadonlySet<string> {
  const { stdout } = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
  return new Set(stdout.split("\n").map((line) => line.trim().split(/\s+/)[1] ?? ""));
}
