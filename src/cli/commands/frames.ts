import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { type FrameFormat, frameFormats } from "../../pipeline/frame-files.js";
import {
  addSamplingOptions,
  addTalkOptions,
  type CommandContext,
  type FeatureOptions,
  maxMemoryOption,
  number,
  wholeNumber,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";

type SamplingOptions = Pick<
  FeatureOptions,
  "decoder" | "count" | "fps" | "keyframes" | "every" | "limit" | "fit"
>;

interface Options extends TalkOptions, SamplingOptions {
  readonly out: string;
  readonly start?: number;
  readonly end?: number;
  readonly size?: number;
  readonly format: FrameFormat;
  readonly sheet?: boolean;
  readonly jobs?: number;
  readonly timeout?: number;
  readonly maxMemory?: number;
  readonly allFiles?: boolean;
  readonly json?: boolean;
}

/** Largest side of square frames, in pixels. */
const maxSize = 4096;

/** Latest second that a part of a video may begin or end at: over 30 years. */
const maxSeconds = 1e9;

export function define(command: Command, context: CommandContext): void {
  command
    .description("Write frames of videos as pictures: DIR/<name>/000001.jpg, 000002.jpg …")
    .argument("<video...>", "videos, directories, patterns, @list.txt or images:DIR")
    .requiredOption("--out <dir>", "directory to write to");
  addSamplingOptions(command)
    .option("--start <s>", "seconds into the video to begin at", number(0, maxSeconds))
    .option("--end <s>", "seconds into the video to end before", number(0, maxSeconds))
    .option(
      "--size <pixels>",
      "square frames of this side, by --fit (default: as the video shows them)",
      wholeNumber(1, maxSize),
    )
    .addOption(
      new Option("--format <name>", "kind of pictures; JPEG has quality 90")
        .choices(frameFormats)
        .default("jpg"),
    )
    .option("--sheet", "write DIR/<name>.sheet.jpg as well: all frames with their times")
    .option("--jobs <n>", "processes that decode (default: one a core)", wholeNumber(1, 1024))
    .option("--timeout <s>", "seconds a video may take (default: 1800)", number(0.001, 1e6))
    .addOption(maxMemoryOption())
    .option("--all-files", "take every file of a directory, whatever its extension")
    .option("--json", "print a line of JSON a video, with the files and their times")
    .addHelpText("after", "\nExample:\n  muybridge frames clips/ --out frames/ --fps 1 --sheet");
  addTalkOptions(command).action(async (inputs: string[], options: Options) => {
    const [{ expandInputs }, { chooseFeatureSettings }, { extractFrames }] = await Promise.all([
      import("../../pipeline/inputs.js"),
      import("../../pipeline/feature-stage.js"),
      import("../../pipeline/extract-frames.js"),
    ]);
    const { out, format, size, jobs, timeout, maxMemory, decoder, fit } = options;
    const { count, fps, keyframes, every, limit, start, end } = options;
    const chosen = { decoder, count, fps, keyframes, every, limit, start, end, fit };
    const {
      cnn: _cnn,
      streams: _streams,
      ...sampling
    } = chooseFeatureSettings(
      Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined)),
    );
    const reporter = context.openReporter(options);
    const paths = await expandInputs(inputs, { allFiles: options.allFiles ?? false });
    if (paths.length === 0) reporter.onWarning(`No videos are found in ${inputs.join(", ")}.`);
    await mkdir(out, { recursive: true }).catch((error: unknown) => {
      throw new MuybridgeError("ERR_USAGE", `${out} cannot be written to: ${messageOf(error)}`, {
        parameter: "out",
        cause: error,
      });
    });
    const names = outputNames(paths, inputs);
    const outcomes = extractFrames(
      paths.map((name, i) => ({ name, target: join(out, names[i]!) })),
      {
        ...sampling,
        format,
        ...(size === undefined ? {} : { size }),
        ...(options.sheet ? { sheet: true } : {}),
        ...(jobs === undefined ? {} : { jobs }),
        ...(timeout === undefined ? {} : { timeout }),
        ...(maxMemory === undefined ? {} : { maxMemory }),
        onWarning: reporter.onWarning,
        signal: context.signal,
        onProgress: reporter.onProgress,
      },
    );
    let frames = 0;
    let failed = 0;
    let index = 0;
    for await (const outcome of outcomes) {
      const directory = join(out, names[index++]!);
      if ("error" in outcome) {
        const { code, message } = outcome.error;
        failed += 1;
        context.exit(exitCodes.someFailed);
        reporter.fail(`${code}: ${message}`);
        if (options.json) print({ path: outcome.name, error: { code, message } });
        continue;
      }
      const { files, timestamps, width, height, duration, truncated, sheet } = outcome.value;
      frames += files.length;
      reporter.detail(`${outcome.name}: ${files.length} frames of ${width} x ${height} pixels`);
      if (options.json) {
        print({
          path: outcome.name,
          out: directory,
          frames: files.length,
          width,
          height,
          duration: sixDecimals(duration),
          ...(truncated ? { truncated } : {}),
          ...(sheet === undefined ? {} : { sheet }),
          files,
          timestamps: Array.from(timestamps, sixDecimals),
        });
      }
    }
    reporter.close();
    const videos = paths.length - failed;
    reporter.info(
      `${frames} frames of ${videos} videos in ${out}${failed > 0 ? `, ${failed} failed` : ""}`,
    );
  });
}

function sixDecimals(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
