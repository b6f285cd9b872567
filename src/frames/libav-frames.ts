import { setImmediate as breathe } from "node:timers/promises";
import type { CodecContext, Frame, Packet } from "node-av/lib";
import { MuybridgeError } from "../core/errors.js";
import { type DecodingPlan, steps } from "./decoding-steps.js";
import type { Libav } from "./libav.js";
import { type LibavInput, maxPixels, openLibavInput } from "./libav-input.js";
import { framePeriod } from "./packet-account.js";
import type { PacketIndex } from "./packet-index.js";

/** A decoded frame, and from when until when it is on screen, in seconds. */
export interface DecodedFrame {
  /** Valid until the next one is asked for. */
  readonly frame: Frame;
  readonly time: number;
  readonly until: number;
  readonly key: boolean;
  readonly last: boolean;
}

/** How decoding went; certain when it has ended. */
export interface DecodingOutcome {
  /** Frames that came out of the decoder. */
  decodedFrames: number;
  /** Something could not be decoded. */
  damaged: boolean;
  /** What was decoded is not what the packets told, so that a plan made from them is not to be followed. */
  misled: boolean;
}

/** What {@link decodeFrames} works on. */
export interface Decoding {
  readonly path: string;
  readonly input: LibavInput;
  readonly index: PacketIndex;
  /** What is done with the packets; all are decoded where it is undefined. */
  readonly planned: DecodingPlan | undefined;
  /** Written to. */
  readonly outcome: DecodingOutcome;
  readonly signal: AbortSignal | undefined;
}

/** Milliseconds of decoding after which other work of the process gets a turn. */
const turn = 20;

/**
 * Codecs whose decoders can be told to leave out the frames that no other refers to, and leave out no others.
 * Not HEVC: what it calls such a frame may be referred to by a higher sub-layer.
 */
const marksReferences: ReadonlySet<string> = new Set(["h264", "mpeg4", "mpeg2video", "mpeg1video"]);

/**
 * Decodes frame after frame. Damaged packets are passed over.
 *
 * @throws MuybridgeError ERR_NO_FRAMES where there is no decoder, or not one of all packets decodes.
 */
export async function* decodeFrames(
  libav: Libav,
  decoding: Decoding,
): AsyncGenerator<DecodedFrame, void> {
  const { lib, constants } = libav;
  const { path, input, index, planned, outcome, signal } = decoding;
  const { stream } = input;
  const clock = stream.timeBase.num / stream.timeBase.den;
  const period = framePeriod(stream.avgFrameRate);
  const keyOf =
    planned && new Map(Array.from(index.times, (time, i) => [time, index.keys[i] === 1]));
  // Two frames in turn: how long one is on screen is known when the next has come.
  let current = new lib.Frame();
  let next = new lib.Frame();
  current.alloc();
  next.alloc();
  let currentTime: number | undefined;
  let currentKey = false;
  /** Whether the next frame is the first after a jump. */
  let jumped = false;
  let codec: CodecContext | undefined;

  function* receive(from: CodecContext): Generator<DecodedFrame, void> {
    while (from.receiveFrameSync(next) >= 0) {
      outcome.decodedFrames += 1;
      const stamp = next.bestEffortTimestamp;
      const after = currentTime === undefined ? 0 : currentTime + period;
      const time = stamp === constants.AV_NOPTS_VALUE ? after : Number(stamp) * clock;
      const isPredicted =
        next.pictType === constants.AV_PICTURE_TYPE_P ||
        next.pictType === constants.AV_PICTURE_TYPE_B;
      if (keyOf && (!keyOf.has(time) || (jumped && isPredicted))) {
        outcome.misled = true;
        return;
      }
      jumped = false;
      const key = keyOf?.get(time) ?? next.hasFlags(constants.AV_FRAME_FLAG_KEY);
      if (currentTime !== undefined) {
        // Time that goes backwards is no time: the frame is shown in its turn.
        const until = time > currentTime ? time : after;
        yield { frame: current, time: currentTime, until, key: currentKey, last: false };
        currentTime = until;
      } else {
        currentTime = time;
      }
      currentKey = key;
      [current, next] = [next, current];
      next.unref();
    }
  }

  try {
    codec = openCodec(libav, input, path);
    const leavesOut = marksReferences.has(lib.avGetCodecName(stream.codecpar.codecId) ?? "");
    let discarding: number = constants.AVDISCARD_DEFAULT;
    let breath = performance.now();
    for await (const { packet, step, jumps } of packetsToSend(libav, decoding)) {
      if (performance.now() - breath > turn) {
        await breathe();
        signal?.throwIfAborted();
        breath = performance.now();
      }
      if (jumps) {
        codec.sendPacketSync(null);
        yield* receive(codec);
        codec.flushBuffers();
        jumped = true;
      }
      const discard =
        leavesOut && step === steps.decode
          ? constants.AVDISCARD_NONREF
          : constants.AVDISCARD_DEFAULT;
      if (discard !== discarding) {
        codec.setOption("skip_frame", discard, constants.AV_OPT_TYPE_INT);
        discarding = discard;
      }
      if (codec.sendPacketSync(packet) < 0) outcome.damaged = true;
      yield* receive(codec);
      if (outcome.misled) return;
    }
    codec.sendPacketSync(null);
    yield* receive(codec);
    if (currentTime === undefined) {
      // What was planned for does not decode; something else may.
      outcome.misled = planned !== undefined;
      if (outcome.misled) return;
      throw new MuybridgeError(
        "ERR_NO_FRAMES",
        `${path} holds a video stream of which not one frame can be decoded.`,
        { path },
      );
    }
    const time = currentTime;
    const shownFor = Number(current.duration) * clock || period;
    const until = planned
      ? (index.sorted.find((later) => later > time) ?? index.end)
      : time + shownFor;
    yield { frame: current, time, until, key: currentKey, last: true };
  } finally {
    codec?.freeContext();
    current.free();
    next.free();
  }
}

/** A packet on its way to the decoder. */
interface SentPacket {
  /** Valid until the next one is asked for. */
  readonly packet: Packet;
  readonly step: number;
  /** Whether decoding begins anew with it, since packets before it were passed over. */
  readonly jumps: boolean;
}

async function* packetsToSend(
  libav: Libav,
  { path, index, planned, input }: Decoding,
): AsyncGenerator<SentPacket, void> {
  const last = planned ? planned.steps.findLastIndex((step) => step !== steps.passOver) : Infinity;
  let i = 0;
  let passedOver = false;
  for await (const packet of index.packets ?? readAgain(libav, path, input.stream.index)) {
    if (i > last) return;
    const step = planned?.steps[i] ?? steps.take;
    if (step === steps.passOver) {
      passedOver = true;
    } else {
      yield { packet, step, jumps: passedOver && planned?.begins[i] === 1 };
      passedOver = false;
    }
    i += 1;
  }
}

/** The packets of the video stream, from the file. It is opened anew: 0.4 ms, and right also where it cannot be rewound. */
async function* readAgain(
  libav: Libav,
  path: string,
  streamIndex: number,
): AsyncGenerator<Packet, void> {
  const input = await openLibavInput(libav, path);
  const packet = new libav.lib.Packet();
  packet.alloc();
  try {
    while (input.format.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === streamIndex && packet.size > 0) yield packet;
      packet.unref();
    }
  } finally {
    packet.free();
    input.close();
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
  const isKnown = parameters.codecId !== constants.AV_CODEC_ID_NONE;
  const name = isKnown ? lib.avGetCodecName(parameters.codecId) : undefined;
  throw new MuybridgeError(
    "ERR_NO_FRAMES",
    `${path} is encoded ${name ? `as ${name}` : "in an unknown way"}, for which there is no decoder.`,
    { path },
  );
}
