import { setImmediate as breathe } from "node:timers/promises";
import type { Packet } from "node-av/lib";
import type { Libav } from "./libav.js";
import type { LibavInput } from "./libav-input.js";
import { framePeriod, openPacketAccount } from "./packet-account.js";

/** What a file's packets tell of its frames without decoding. Arrays in the order of decoding, times in seconds. */
export interface PacketIndex {
  /** When each packet's frame is shown. */
  readonly times: Float64Array;
  /** 1 where decoding can begin. */
  readonly keys: Uint8Array;
  /** 1 where the frame is shown; what an edit list cuts off is still in the file. */
  readonly shown: Uint8Array;
  /** The times of the frames that are shown, ascending. */
  readonly sorted: Float64Array;
  /** When the last of them ends. */
  readonly end: number;
  /** Whether every packet tells when its frame is shown, and no two frames are shown at once. */
  readonly exact: boolean;
  /** Whether the file holds less than its header promises. */
  readonly endsEarly: boolean;
  /** The packets themselves, where they are few and small; to be freed by {@link closePacketIndex}. */
  readonly packets: readonly Packet[] | undefined;
}

/** Bytes and number of packets that are kept, so that a short clip is read only once. */
const keptBytes = 2 ** 25;
const keptPackets = 20_000;

/** Milliseconds of reading after which other work of the process gets a turn. */
const turn = 20;

/**
 * Reads all packets of a container. Where some do not tell when they are shown, as in an AVI with B-frames, all
 * are told by when they are decoded.
 */
export async function readPacketIndex(
  libav: Libav,
  input: LibavInput,
  signal?: AbortSignal,
): Promise<PacketIndex> {
  const { lib, constants } = libav;
  const { format, stream } = input;
  const clock = stream.timeBase.num / stream.timeBase.den;
  const period = framePeriod(stream.avgFrameRate);
  const reordering = stream.codecpar.videoDelay * period;
  const account = openPacketAccount(libav, input);
  const shownAt: number[] = [];
  const decodedAt: number[] = [];
  const keys: boolean[] = [];
  const shown: boolean[] = [];
  let lastDuration = 0;
  let told = 0;
  let damaged = false;
  let kept: Packet[] | undefined = [];
  let bytes = 0;
  const packet = new lib.Packet();
  packet.alloc();
  try {
    let breath = performance.now();
    for (;;) {
      const read = format.readFrameSync(packet);
      if (read < 0) {
        damaged = read !== constants.AVERROR_EOF;
        break;
      }
      if (performance.now() - breath > turn) {
        await breathe();
        signal?.throwIfAborted();
        breath = performance.now();
      }
      account.note(packet);
      if (packet.streamIndex === stream.index && packet.size > 0) {
        const { pts, dts } = packet;
        if (pts !== constants.AV_NOPTS_VALUE) told += 1;
        shownAt.push(Number(pts) * clock);
        const after = decodedAt.length === 0 ? 0 : decodedAt.at(-1)! + period;
        decodedAt.push(dts === constants.AV_NOPTS_VALUE ? after : Number(dts) * clock + reordering);
        keys.push(packet.isKeyframe);
        shown.push(!packet.hasFlags(constants.AV_PKT_FLAG_DISCARD));
        lastDuration = Number(packet.duration) * clock || period;
        bytes += packet.size;
        const copy: Packet | null | undefined = kept && packet.clone();
        if (copy) kept?.push(copy);
        if (kept && (!copy || bytes > keptBytes || kept.length > keptPackets)) {
          for (const one of kept) one.free();
          kept = undefined;
        }
      }
      packet.unref();
    }
  } catch (error) {
    for (const one of kept ?? []) one.free();
    throw error;
  } finally {
    packet.free();
  }
  const allTold = told === shownAt.length;
  const times = Float64Array.from(allTold ? shownAt : decodedAt);
  const sorted = times.filter((_, i) => shown[i]!).sort();
  return {
    times,
    keys: Uint8Array.from(keys, Number),
    shown: Uint8Array.from(shown, Number),
    sorted,
    end: (sorted.at(-1) ?? 0) + lastDuration,
    exact: allTold && sorted.every((time, i) => i === 0 || time > sorted[i - 1]!),
    endsEarly: damaged || account.endsEarly(),
    packets: kept,
  };
}

/** Frees what an index holds. */
export function closePacketIndex({ packets }: PacketIndex): void {
  for (const packet of packets ?? []) packet.free();
}
