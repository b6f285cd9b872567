import { setImmediate as breathe } from "node:timers/promises";
import type { AVPixelFormat } from "node-av/constants";
import type { CodecContext, Frame, Stream } from "node-av/lib";
import { MuybridgeError } from "../core/errors.js";
import type { DecodedBatch, DecodeOptions, Decoder, FrameOutput, VideoInfo } from "./decoder.js";
import { chooseBatchSize } from "./frame-batches.js";
import { displaySize, type StoredPicture } from "./frame-geometry.js";
import { openFrameSink } from "./frame-sink.js";
import { type Libav, loadLibav } from "./libav.js";
import { type LibavInput, maxPixels, openLibavInput } from "./libav-input.js";
import { framePeriod, openPacketAccount, readPacketTimes } from "./packet-times.js";
import { checkSamplingPlan, createSelector, type FrameSelector } from "./sampling-plan.js";

/** Milliseconds of decoding after which other work of the process gets a turn. */
const turn = 20;

/** The decoder that runs FFmpeg's libraries in this process. */
export function createLibavDecoder(): Decoder {
  return {
    name: "libav",
    async probe(path) {
      const libav = await loadLibav();
      const input = await openLibavInput(libav, path);
      try {
        return describe(libav, input);
      } finally {
        input.close();
      }
    },
    decode,
  };
}

async function* decode(
  path: string,
  outputs: readonly FrameOutput[],
  options: DecodeOptions = {},
): AsyncGenerator<DecodedBatch, void> {
  const { signal } = options;
  for (const output of outputs) checkSamplingPlan(output.plan);
  const batchSize = chooseBatchSize(options.batchSize);
  signal?.throwIfAborted();
  const libav = await loadLibav();
  const { selectors, origin } = await selectFrames(libav, path, outputs);
  // Opened anew after its packets were read: 0.4 ms, and right also where a file cannot be rewound.
  const input = await openLibavInput(libav, path);
  const sinks = outputs.map((output, index) => openFrameSink(libav, output, index, batchSize));
  try {
    const info = describe(libav, input);
    const rotation = info.rotation;
    let start: number | undefined;
    let end = 0;
    let decodedFrames = 0;
    const decoding = decodeFrames(libav, input, path, signal);
    for await (const shown of decoding) {
      signal?.throwIfAborted();
      start ??= shown.time;
      end = shown.until;
      decodedFrames += 1;
      const from = origin ?? start;
      const screen = {
        time: shown.time - from,
        until: shown.until - from,
        key: shown.frame.hasFlags(libav.constants.AV_FRAME_FLAG_KEY),
        last: shown.last,
      };
      for (const [index, sink] of sinks.entries()) {
        const times = selectors[index]!.take(screen);
        if (times === 0) continue;
        yield* sink.add(
          shown.frame,
          storedPicture(shown.frame, input.stream, rotation),
          shown.time - start,
          times,
        );
      }
      if (shown.last) {
        const duration = end - start;
        options.onEnd?.({ info, duration, decodedFrames, truncated: shown.damaged });
      }
    }
    for (const sink of sinks) {
      signal?.throwIfAborted();
      const rest = sink.rest();
      if (rest) yield rest;
    }
  } finally {
    for (const sink of sinks) sink.close();
    input.close();
  }
}

/** The selectors of all outputs, and what they count time from. Only a `count` plan has to know the frames beforehand. */
async function selectFrames(
  libav: Libav,
  path: string,
  outputs: readonly FrameOutput[],
): Promise<{ readonly selectors: FrameSelector[]; readonly origin: number | undefined }> {
  let times: number[] = [];
  if (outputs.some(({ plan }) => plan.count !== undefined)) {
    const input = await openLibavInput(libav, path);
    try {
      times = readPacketTimes(libav, input);
    } finally {
      input.close();
    }
  }
  const origin = times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : undefined;
  const relative = times.map((time) => time - (origin ?? 0));
  return { selectors: outputs.map(({ plan }) => createSelector(plan, relative)), origin };
}

/** A decoded frame, and from when until when it is on screen, in seconds. */
interface ShownFrame {
  /** Valid until the next one is asked for. */
  readonly frame: Frame;
  readonly time: number;
  readonly until: number;
  readonly last: boolean;
  /** Whether the file is damaged or ends early; certain with the last frame. */
  readonly damaged: boolean;
}

/** Decodes frame after frame. Damaged packets are passed over. */
async function* decodeFrames(
  libav: Libav,
  input: LibavInput,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<ShownFrame, void> {
  const { lib, constants } = libav;
  const { format, stream } = input;
  const clock = stream.timeBase.num / stream.timeBase.den;
  const period = framePeriod(stream.avgFrameRate);
  const account = openPacketAccount(libav, input);
  const packet = new lib.Packet();
  packet.alloc();
  // Two frames in turn: how long one is on screen is known when the next has come.
  let current = new lib.Frame();
  let next = new lib.Frame();
  current.alloc();
  next.alloc();
  let currentTime: number | undefined;
  let damaged = false;
  let codec: CodecContext | undefined;
  let breath = performance.now();
  try {
    codec = openCodec(libav, input, path);
    for (let ended = false; !ended; ) {
      if (performance.now() - breath > turn) {
        await breathe();
        signal?.throwIfAborted();
        breath = performance.now();
      }
      const read = format.readFrameSync(packet);
      if (read < 0) {
        ended = true;
        damaged ||= read !== constants.AVERROR_EOF;
        codec.sendPacketSync(null);
      } else {
        account.note(packet);
        if (packet.streamIndex === stream.index && packet.size > 0) {
          // Not `||=`, which would send no packet after the first damaged one.
          if (codec.sendPacketSync(packet) < 0) damaged = true;
        }
        packet.unref();
      }
      while (codec.receiveFrameSync(next) >= 0) {
        const stamp = next.bestEffortTimestamp;
        const after: number = currentTime === undefined ? 0 : currentTime + period;
        const time = stamp === constants.AV_NOPTS_VALUE ? after : Number(stamp) * clock;
        if (currentTime !== undefined) {
          // Time that goes backwards is no time: the frame is shown in its turn.
          const until = time > currentTime ? time : after;
          yield { frame: current, time: currentTime, until, last: false, damaged };
          currentTime = until;
        } else {
          currentTime = time;
        }
        [current, next] = [next, current];
        next.unref();
      }
    }
    if (currentTime === undefined) {
      throw new MuybridgeError(
        "ERR_NO_FRAMES",
        `${path} holds a video stream of which not one frame can be decoded.`,
        { path },
      );
    }
    const shownFor = Number(current.duration) * clock || period;
    damaged ||= account.endsEarly();
    yield { frame: current, time: currentTime, until: currentTime + shownFor, last: true, damaged };
  } finally {
    codec?.freeContext();
    packet.free();
    current.free();
    next.free();
  }
}

function openCodec({ lib, constants }: Libav, { stream }: LibavInput, path: string): CodecContext {
  const parameters = stream.codecpar;
  const decoder = lib.Codec.findDecoder(parameters.codecId);
  if (decoder) {
    const context = new lib.CodecContext();
    context.allocContext3(decoder);
    context.pktTimebase = stream.timeBase;
    // Options are set one by one: a dictionary handed to open2() is freed by it, and then again by node-av.
    context.setOption("max_pixels", BigInt(maxPixels), constants.AV_OPT_TYPE_INT64);
    context.threadCount = 1;
    if (context.parametersToContext(parameters) >= 0 && context.open2Sync(decoder) >= 0)
      return context;
    context.freeContext();
  }
  const name = lib.avGetCodecName(parameters.codecId) ?? `codec ${parameters.codecId}`;
  throw new MuybridgeError(
    "ERR_NO_FRAMES",
    `${path} is encoded as ${name}, for which there is no decoder.`,
    { path },
  );
}

function describe({ lib, constants }: Libav, { format, stream }: LibavInput): VideoInfo {
  const { codecpar } = stream;
  const rate = stream.avgFrameRate.num > 0 ? stream.avgFrameRate : stream.rFrameRate;
  const streamSeconds =
    stream.duration === constants.AV_NOPTS_VALUE
      ? 0
      : (Number(stream.duration) * stream.timeBase.num) / stream.timeBase.den;
  const containerSeconds =
    format.duration === constants.AV_NOPTS_VALUE
      ? 0
      : Number(format.duration) / constants.AV_TIME_BASE;
  const matrix = codecpar.getCodedSideData(constants.AV_PKT_DATA_DISPLAYMATRIX);
  const rotation = matrix ? rotationOf(matrix) : 0;
  const ratio =
    stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : codecpar.sampleAspectRatio;
  return {
    duration: Math.max(0, streamSeconds > 0 ? streamSeconds : containerSeconds),
    ...displaySize({
      width: codecpar.width,
      height: codecpar.height,
      sampleAspectRatio: ratioOf(ratio),
      rotation,
    }),
    frameRate: rate.den > 0 ? rate.num / rate.den : 0,
    rotation,
    codec: lib.avGetCodecName(codecpar.codecId) ?? "unknown",
    container: format.iformat?.name ?? "unknown",
    pixelFormat: lib.avGetPixFmtName(codecpar.format as AVPixelFormat) ?? "unknown",
    hasAudio: format.findBestStream(constants.AVMEDIA_TYPE_AUDIO) >= 0,
  };
}

function storedPicture(frame: Frame, stream: Stream, rotation: number): StoredPicture {
  const { width, height } = frame;
  // As players do: what the container says of a pixel's shape goes before what the codec says.
  const ratio =
    stream.sampleAspectRatio.num > 0 ? stream.sampleAspectRatio : frame.sampleAspectRatio;
  return { width, height, sampleAspectRatio: ratioOf(ratio), rotation };
}

function ratioOf({ num, den }: { readonly num: number; readonly den: number }): number {
  return num > 0 && den > 0 ? num / den : 1;
}

/**
 * Degrees clockwise, to the next quarter turn, of a display matrix: 3 x 3 int32 in 16.16 fixed point, the first
 * two of each row being the image of that axis (ISO/IEC 14496-12, 6.2.2; libavutil/display.h).
 */
function rotationOf(matrix: Buffer): number {
  const angle = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  return (((Math.round(angle / 90) * 90) % 360) + 360) % 360;
}
