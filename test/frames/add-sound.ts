import { loadLibav } from "../../src/frames/libav.js";

/** A second of silence: MPEG-1 layer III, 128 kbit/s, 44.1 kHz, frames of 417 bytes without content. */
function mp3Frames(seconds: number): { readonly bytes: Buffer; readonly samples: number }[] {
  const bytes = Buffer.alloc(417);
  bytes.set([0xff, 0xfb, 0x90, 0xc0]);
  const samples = 1152;
  const frames = Math.ceil((seconds * 44_100) / samples);
  return Array.from({ length: frames }, () => ({ bytes, samples }));
}

/** Silence as plain numbers: 44.1 kHz, 16 bits, one channel, in parts of 1152 samples. */
function pcmParts(seconds: number): { readonly bytes: Buffer; readonly samples: number }[] {
  return mp3Frames(seconds).map(({ samples }) => ({ bytes: Buffer.alloc(2 * samples), samples }));
}

/** Options of {@link addSound}. */
export interface SoundOptions {
  readonly codec: "mp3" | "pcm";
  /** FFmpeg's name of the container: "mp4", "matroska", "avi". */
  readonly container: string;
  readonly seconds: number;
}

/** Copies a video's pictures into another container, with silence beside them. */
export async function addSound(
  source: string,
  target: string,
  { codec, container, seconds }: SoundOptions,
): Promise<void> {
  const { lib, constants } = await loadLibav();
  const check = (code: number, what: string): void => lib.FFmpegError.throwIfError(code, what);
  const input = new lib.FormatContext();
  const output = new lib.FormatContext();
  const packet = new lib.Packet();
  packet.alloc();
  input.allocContext();
  check(input.openInputSync(source, null, null), "openInput");
  try {
    check(input.findStreamInfoSync(null), "findStreamInfo");
    check(output.allocOutputContext2(null, container, target), "allocOutputContext2");
    const from = input.streams[0]!;
    const pictures = output.newStream(null);
    check(from.codecpar.copy(pictures.codecpar), "copy");
    pictures.codecpar.codecTag = 0;
    pictures.timeBase = from.timeBase;
    pictures.avgFrameRate = from.avgFrameRate;
    const sound = output.newStream(null);
    sound.codecpar.codecType = constants.AVMEDIA_TYPE_AUDIO;
    sound.codecpar.codecId =
      codec === "mp3" ? constants.AV_CODEC_ID_MP3 : constants.AV_CODEC_ID_PCM_S16LE;
    sound.codecpar.sampleRate = 44_100;
    sound.codecpar.channelLayout = {
      nbChannels: 1,
      order: constants.AV_CHANNEL_ORDER_NATIVE,
      mask: 4n,
    };
    sound.codecpar.bitsPerCodedSample = codec === "mp3" ? 0 : 16;
    sound.timeBase = new lib.Rational(1, 44_100);
    check(output.openOutputSync(), "openOutput");
    check(output.writeHeaderSync(null), "writeHeader");
    while (input.readFrameSync(packet) >= 0) {
      packet.streamIndex = pictures.index;
      packet.rescaleTs(from.timeBase, pictures.timeBase);
      check(output.interleavedWriteFrameSync(packet), "writeFrame");
    }
    let at = 0;
    for (const { bytes, samples } of codec === "mp3" ? mp3Frames(seconds) : pcmParts(seconds)) {
      packet.data = bytes;
      packet.streamIndex = sound.index;
      packet.pts = BigInt(at);
      packet.dts = packet.pts;
      packet.duration = BigInt(samples);
      packet.isKeyframe = true;
      packet.rescaleTs({ num: 1, den: 44_100 }, sound.timeBase);
      check(output.interleavedWriteFrameSync(packet), "writeFrame");
      at += samples;
    }
    check(output.writeTrailerSync(), "writeTrailer");
  } finally {
    packet.free();
    output.closeOutputSync();
    output.freeContext();
    input.closeInputSync();
  }
}

/** When the packets of a file's sound begin and end, seconds from the file's start, and what they are encoded as. */
export async function soundOf(
  path: string,
): Promise<{ readonly codec: string; readonly start: number; readonly end: number } | undefined> {
  const { lib, constants } = await loadLibav();
  const input = new lib.FormatContext();
  const packet = new lib.Packet();
  packet.alloc();
  input.allocContext();
  lib.FFmpegError.throwIfError(input.openInputSync(path, null, null), "openInput");
  try {
    input.findStreamInfoSync(null);
    const stream = input.streams[input.findBestStream(constants.AVMEDIA_TYPE_AUDIO)];
    if (!stream) return undefined;
    const clock = stream.timeBase.num / stream.timeBase.den;
    let [start, end] = [Number.POSITIVE_INFINITY, 0];
    while (input.readFrameSync(packet) >= 0) {
      if (packet.streamIndex === stream.index) {
        start = Math.min(start, Number(packet.pts) * clock);
        end = Math.max(end, Number(packet.pts + packet.duration) * clock);
      }
      packet.unref();
    }
    return { codec: lib.avGetCodecName(stream.codecpar.codecId) ?? "", start, end };
  } finally {
    packet.free();
    input.closeInputSync();
  }
}
