import type { Packet } from "node-av/lib";
import type { Libav } from "./libav.js";
import type { LibavInput } from "./libav-input.js";
import { fallsShort } from "./promised-length.js";

/** Keeps account of the packets that are read, and tells whether the file holds what its header promises. */
export interface PacketAccount {
  /** Takes note of a packet of any stream. */
  note(packet: Packet): void;
  /** Whether less was read than the header promises, or a packet was cut. To be asked at the end. */
  endsEarly(): boolean;
}

/** Opens an account for a container. */
export function openPacketAccount(
  { constants }: Libav,
  { format, stream }: LibavInput,
): PacketAccount {
  const clocks = format.streams.map(({ timeBase }) => timeBase.num / timeBase.den);
  const promised = {
    frames: Number(stream.nbFrames),
    videoSeconds: stream.duration > 0n ? Number(stream.duration) * clocks[stream.index]! : 0,
    seconds: Number(format.duration) / constants.AV_TIME_BASE,
  };
  let frames = 0;
  const all = openExtent();
  const video = openExtent();
  let cut = false;
  return {
    note(packet) {
      if (packet.hasFlags(constants.AV_PKT_FLAG_CORRUPT)) cut = true;
      if (packet.streamIndex === stream.index) frames += 1;
      const time = packet.pts === constants.AV_NOPTS_VALUE ? packet.dts : packet.pts;
      if (time === constants.AV_NOPTS_VALUE) return;
      const clock = clocks[packet.streamIndex] ?? 0;
      const [from, until] = [Number(time) * clock, Number(time + packet.duration) * clock];
      all.include(from, until);
      if (packet.streamIndex === stream.index) video.include(from, until);
    },
    endsEarly() {
      const found = { frames, videoSeconds: video.seconds(), seconds: all.seconds() };
      return cut || fallsShort(found, promised);
    },
  };
}

/** Time that is covered from the first beginning to the last end. */
export interface Extent {
  include(from: number, until: number): void;
  /** Seconds; minus infinity where nothing was included. */
  seconds(): number;
}

/** Opens an extent of nothing. */
export function openExtent(): Extent {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  return {
    include(from, until) {
      first = Math.min(first, from);
      last = Math.max(last, until);
    },
    seconds: () => last - first,
  };
}

/** Frames a second where a file does not say. */
const assumedFrameRate = 25;

/** Seconds a frame is shown, from a frame rate; 1/25 where there is none. */
export function framePeriod(rate: { readonly num: number; readonly den: number }): number {
  return rate.num > 0 && rate.den > 0 ? rate.den / rate.num : 1 / assumedFrameRate;
}
