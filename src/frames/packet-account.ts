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
  const promisedFrames = Number(stream.nbFrames);
  const promisedSeconds = Number(format.duration) / constants.AV_TIME_BASE;
  let frames = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let cut = false;
  return {
    note(packet) {
      if (packet.hasFlags(constants.AV_PKT_FLAG_CORRUPT)) cut = true;
      if (packet.streamIndex === stream.index) frames += 1;
      const time = packet.pts === constants.AV_NOPTS_VALUE ? packet.dts : packet.pts;
      if (time === constants.AV_NOPTS_VALUE) return;
      const clock = clocks[packet.streamIndex] ?? 0;
      first = Math.min(first, Number(time) * clock);
      last = Math.max(last, Number(time + packet.duration) * clock);
    },
    endsEarly() {
      const seconds = last - first;
      return cut || fallsShort({ frames, seconds }, { promisedFrames, promisedSeconds });
    },
  };
}

/** Frames a second where a file does not say. */
const assumedFrameRate = 25;

/** Seconds a frame is shown, from a frame rate; 1/25 where there is none. */
export function framePeriod(rate: { readonly num: number; readonly den: number }): number {
  return rate.num > 0 && rate.den > 0 ? rate.den / rate.num : 1 / assumedFrameRate;
}
