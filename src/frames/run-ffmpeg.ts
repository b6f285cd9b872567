import { PassThrough, type Readable } from "node:stream";
import type { FfmpegCommand } from "fluent-ffmpeg";

/** What the ffmpeg program is to do. */
export interface FfmpegTask {
  /** The program's absolute path. */
  readonly program: string;
  /** Options before the input. */
  readonly inputOptions: readonly string[];
  /** The input, as a URL. */
  readonly input: string;
  /** A filter graph whose result is called `[out]`. */
  readonly filterGraph: string;
  /** Options of what it writes. */
  readonly outputOptions: readonly string[];
  /** Is given each line it says. */
  readonly onLine: (line: string) => void;
}

/** The program at work. */
export interface FfmpegRun {
  /** What it writes, in chunks of any size. While nobody reads it, the program waits. */
  readonly pixels: Readable;
  /** Resolves when it has ended and every line has been given: to why it did not succeed, or undefined. */
  readonly ended: Promise<Error | undefined>;
  /** Ends it at once, also before it has begun; may be called at any time. */
  kill(): void;
}

/** Starts the ffmpeg program through fluent-ffmpeg, whose project is archived: nothing else touches it. */
export async function runFfmpeg(task: FfmpegTask): Promise<FfmpegRun> {
  const { default: createCommand } = await import("fluent-ffmpeg");
  const command = createCommand({ stdoutLines: 1 });
  command.setFfmpegPath(task.program);
  skipInventory(command);
  // More than one argument each: a single one would be split at its spaces.
  command.input(task.input).inputOptions("-nostdin", ...task.inputOptions);
  command
    .complexFilter(task.filterGraph)
    .outputOptions("-map", "[out]", ...task.outputOptions)
    .outputOptions("-f", "rawvideo");
  // It kills the program when the stream closes, even if all is read and the program about to end by itself.
  const pixels = new PassThrough({ autoDestroy: false, emitClose: false });

  let running = false;
  let killed = false;
  const kill = (): void => {
    killed = true;
    if (running) command.kill("SIGKILL");
    // What has not been read is wanted by nobody, and would keep the pipe open.
    pixels.resume();
  };
  const ended = new Promise<Error | undefined>((resolve) => {
    command.on("start", () => {
      running = true;
      if (killed) kill();
    });
    command.on("stderr", task.onLine);
    command.on("end", () => {
      running = false;
      resolve(undefined);
    });
    command.on("error", (error: NodeJS.ErrnoException) => {
      // A program that could not be started has no output that would end.
      if (!running || error.code !== undefined) pixels.end();
      running = false;
      resolve(error);
    });
  });
  command.pipe(pixels, { end: true });
  return { pixels, ended, kill };
}

/**
 * fluent-ffmpeg starts the program twice beforehand, to list its formats and encoders, and checks the output's
 * against them. What is written here every program can write.
 */
function skipInventory(command: FfmpegCommand): void {
  // Its types leave out that there may be no error.
  const noError = null as never;
  command.availableFormats = (callback) =>
    callback(noError, {
      rawvideo: { description: "raw video", canDemux: true, canMux: true },
    });
  command.availableEncoders = (callback) => callback(noError, {});
}
