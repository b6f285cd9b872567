import { type Command, InvalidArgumentError, Option } from "commander";
import { type CnnEngine, cnnEngines, type Precision, precisions } from "../features/cnn-choice.js";
import {
  channelOrders,
  layouts,
  maxInputSize,
  type PerChannel,
  type Preprocessing,
} from "../features/preprocessing.js";
import { type StreamName, streamNames } from "../features/streams/feature-stream.js";
import { type DecoderName, decoderNames, type Fit, fits } from "../frames/decoder.js";
import { type Device, devices } from "../onnx/devices.js";
import type { FeatureChoices } from "../pipeline/feature-stage.js";
import { type FrameEncoding, frameEncodings } from "../pipeline/frame-encoding.js";
import type { RunOptions } from "../pipeline/run.js";
import type { Reporter, TalkOptions } from "./reporter.js";

/** What a command is given besides its arguments. */
export interface CommandContext {
  /** Aborts on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Sets the exit code the program ends with, where it is not 0. */
  readonly exit: (code: number) => void;
  /** Opens the reporter of the command; it is closed when the command ends, however it ends. */
  readonly openReporter: (options: TalkOptions) => Reporter;
}

/** A command's module: adds the command's arguments, options and action. */
export interface CommandModule {
  readonly define: (command: Command, context: CommandContext) => void;
}

/** Adds --quiet, --verbose and --progress. */
export function addTalkOptions(command: Command): Command {
  return command
    .option("--quiet", "say nothing on stderr but errors")
    .option("--verbose", "say more on stderr")
    .addOption(
      new Option("--progress <how>", "how progress is shown on stderr")
        .choices(["auto", "json", "none"])
        .default("auto"),
    );
}

/** How a command samples videos and which network sees them. */
export interface FeatureOptions {
  readonly decoder?: DecoderName;
  readonly count?: number;
  readonly fps?: number;
  readonly keyframes?: true;
  readonly every?: number;
  readonly limit?: number;
  readonly fit?: Fit;
  readonly cnn?: string;
  readonly cnnLayer?: string;
  readonly cnnEngine?: CnnEngine;
  readonly precision?: Precision;
  readonly inputSize?: number;
  readonly channels?: Preprocessing["channels"];
  readonly scale?: number;
  readonly mean?: PerChannel;
  readonly deviation?: PerChannel;
  readonly layout?: Preprocessing["layout"];
  readonly streams?: readonly StreamName[];
}

/** Adds the options of {@link FeatureOptions}. */
export function addFeatureOptions(command: Command): Command {
  return addPreprocessingOptions(addSamplingOptions(command))
    .option(
      "--cnn <name>",
      "network that turns frames into vectors: a name (see muybridge cnn list) or a file .onnx, .tflite, model.json (default: mobilenet-v2)",
    )
    .option("--cnn-layer <name>", "tensor of the network to take")
    .addOption(
      new Option("--cnn-engine <name>", "what computes the network (default: onnx)").choices(
        cnnEngines,
      ),
    )
    .addOption(
      new Option("--precision <kind>", "numbers it computes in (default: float32)").choices(
        precisions,
      ),
    )
    .option(
      "--streams <names>",
      "what is seen of a video, joined by commas: rgb (the network on its frames), difference (the network on what changes between frames), motion (optical flow, where it is), cuboids (small pieces of the flow, wherever they are)",
      streamList,
    );
}

/** Adds --decoder. */
export function addDecoderOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--decoder <name>",
      "libav: in this process; ffmpeg: the program on PATH or MUYBRIDGE_FFMPEG (default: libav)",
    ).choices(decoderNames),
  );
}

/** Adds --decoder, --count, --fps, --keyframes, --every, --limit and --fit. */
export function addSamplingOptions(command: Command): Command {
  return addDecoderOption(command)
    .addOption(
      new Option("--count <n>", "frames a video, spread over all of it (default: 16)")
        .argParser(wholeNumber(1, 100_000))
        .conflicts(["fps", "keyframes", "every"]),
    )
    .addOption(
      new Option("--fps <rate>", "frames a second, instead of --count")
        .argParser(number(0.001, 1000))
        .conflicts(["keyframes", "every"]),
    )
    .addOption(
      new Option(
        "--keyframes",
        "the keyframes alone, instead of --count: the fastest to decode",
      ).conflicts("every"),
    )
    .option("--every <n>", "every n-th frame, instead of --count", wholeNumber(1, 100_000))
    .option("--limit <n>", "frames that --every takes at most", wholeNumber(1, 100_000))
    .addOption(
      new Option("--fit <how>", "how a frame is brought to a square (default: stretch)").choices(
        fits,
      ),
    );
}

function addPreprocessingOptions(command: Command): Command {
  return command
    .option(
      "--input-size <pixels>",
      "side of the frames the network takes",
      wholeNumber(1, maxInputSize),
    )
    .addOption(
      new Option("--channels <order>", "order of the colours it takes").choices(channelOrders),
    )
    .option(
      "--scale <factor>",
      "a pixel p goes in as (p * scale - mean) / deviation",
      number(-1e9, 1e9),
    )
    .option("--mean <numbers>", "one number, or one a colour, as 0.485,0.456,0.406", perChannel)
    .option("--deviation <numbers>", "one number, or one a colour", perChannel)
    .addOption(
      new Option(
        "--layout <order>",
        "order of the axes it takes (default: as its file says)",
      ).choices(layouts),
    );
}

/** The choices of features, from the command's options. */
export function featureChoices(options: FeatureOptions): FeatureChoices {
  const { inputSize, channels, scale, mean, deviation, layout, ...choices } = options;
  const preprocessing = {
    ...(inputSize === undefined ? {} : { inputSize }),
    ...(channels === undefined ? {} : { channels }),
    ...(scale === undefined ? {} : { scale }),
    ...(mean === undefined ? {} : { mean }),
    ...(deviation === undefined ? {} : { deviation }),
    ...(layout === undefined ? {} : { layout }),
  };
  return { ...choices, ...(Object.keys(preprocessing).length > 0 ? { preprocessing } : {}) };
}

function streamList(text: string): readonly StreamName[] {
  const names = text.split(",").map((name) => name.trim());
  const streams = streamNames.filter((name) => names.includes(name));
  if (streams.length === names.length) return streams;
  throw new InvalidArgumentError(`It must be some of ${streamNames.join(",")}, each once.`);
}

function perChannel(text: string): PerChannel {
  const values = text.split(",").map(Number);
  const [red = Number.NaN, green = red, blue = red] = values;
  if (![1, 3].includes(values.length) || ![red, green, blue].every(Number.isFinite)) {
    throw new InvalidArgumentError("It must be one number, or three as 0.485,0.456,0.406.");
  }
  return [red, green, blue];
}

/** How many processes decode, and for how long. */
export interface JobOptions {
  readonly jobs?: number;
  readonly timeout?: number;
  /** Bytes. */
  readonly maxMemory?: number;
  readonly device?: Device;
  /** Of the commands with {@link addRunOptions}. */
  readonly cacheFrames?: FrameEncoding;
}

/** The option --max-memory. */
export function maxMemoryOption(): Option {
  return new Option(
    "--max-memory <mib>",
    "MiB of memory a process may hold (default: 4096, or 80 % of a smaller machine's)",
  ).argParser((text) => wholeNumber(64, 2 ** 24)(text) * 2 ** 20);
}

/** Adds --jobs, --timeout, --max-memory and --device. */
export function addJobOptions(command: Command): Command {
  return command
    .option("--jobs <n>", "processes that decode (default: one a core)", wholeNumber(1, 1024))
    .option("--timeout <s>", "seconds a video may take (default: 1800)", number(0.001, 1e6))
    .addOption(maxMemoryOption())
    .addOption(
      new Option("--device <name>", "what computes the CNN (default: cpu)").choices(devices),
    );
}

/** Adds the same and --cache-frames, for commands that turn videos into features. */
export function addRunOptions(command: Command): Command {
  return addJobOptions(command).addOption(
    new Option(
      "--cache-frames <how>",
      "keep the sampled frames, so that another CNN of the same input size needs no decoding: lossless, or webp, which is smaller and gives slightly other features (default: they are not kept)",
    ).choices(frameEncodings),
  );
}

/** The options of a run, from the command's. */
export function runOptions(
  { jobs, timeout, maxMemory, device, cacheFrames }: JobOptions,
  context: CommandContext,
  reporter: Reporter,
): RunOptions {
  return {
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(device === undefined ? {} : { device }),
    ...(cacheFrames === undefined ? {} : { cacheFrames }),
    signal: context.signal,
    onProgress: reporter.onProgress,
    onWarning: reporter.onWarning,
  };
}

/** Parser of three parts that make up a whole. */
export function ratio(text: string): [number, number, number] {
  const parts = text.split(",").map(Number);
  const [train = Number.NaN, validation = Number.NaN, test = Number.NaN] = parts;
  const sum = train + validation + test;
  if (
    parts.length !== 3 ||
    !(train > 0 && validation >= 0 && test >= 0) ||
    Math.abs(sum - 1) > 1e-6
  ) {
    throw new InvalidArgumentError("It must be three parts that add up to 1, as 0.7,0.15,0.15.");
  }
  return [train, validation, test];
}

/** Parser of an option that takes a whole number in [low, high]. */
export function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
    }
    return value;
  };
}

/** Parser of an option that takes a number in [low, high]. */
export function number(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= low && value <= high)) {
      throw new InvalidArgumentError(`It must be a number from ${low} to ${high}.`);
    }
    return value;
  };
}
