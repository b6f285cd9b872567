import type { FramePlan } from "./decoder.js";
import type { PacketIndex } from "./packet-index.js";
import { createSelector } from "./sampling-plan.js";

/** What is done with a packet. */
export const steps = { passOver: 0, decode: 1, take: 2 } as const;

/** What is done with the packets of a file, in their order. */
export interface DecodingPlan {
  /** A step a packet: `decode` for what others may refer to, `take` for what a plan takes. */
  readonly steps: Uint8Array;
  /** 1 for a keyframe that refers to nothing before it: after packets that were passed over, decoding begins anew. */
  readonly begins: Uint8Array;
}

/**
 * What has to be decoded for the frames that some plans take: of each frame taken, the packets from the keyframe
 * before it on. Every frame comes out as if all had been decoded.
 *
 * @param index must be exact
 */
export function planDecoding(index: PacketIndex, plans: readonly FramePlan[]): DecodingPlan {
  const { times, keys, shown } = index;
  const taken = timesTaken(index, plans);
  const planned = new Uint8Array(times.length);
  const begins = new Uint8Array(times.length);
  /** Of each keyframe, up to where what follows it is planned. */
  const plannedTo = new Map<number, number>();
  let from = 0;
  for (let i = 0; i < times.length; i++) {
    if (keys[i]) from = i;
    if (!shown[i] || !taken.has(times[i]!)) continue;
    // A frame that is shown before the keyframe it comes after may refer to what lies before that.
    let key = from;
    while (key > 0 && (!keys[key] || times[key]! > times[i]!)) key -= 1;
    if (planned[key] === steps.passOver) {
      planned[key] = steps.decode;
      begins[key] = 1;
    }
    for (let j = (plannedTo.get(key) ?? key) + 1; j <= i; j++) {
      // Nothing that is shown after a keyframe refers to what is shown before it.
      if (times[j]! < times[key]!) continue;
      if (planned[j] === steps.passOver) planned[j] = steps.decode;
      // A keyframe between others is needed together with what comes before it.
      begins[j] = 0;
    }
    plannedTo.set(key, i);
    planned[i] = steps.take;
  }
  return { steps: planned, begins };
}

/** The times of the frames that the plans take, were all of them to be decoded. */
function timesTaken(
  { sorted, end, times, keys }: PacketIndex,
  plans: readonly FramePlan[],
): Set<number> {
  const origin = sorted[0] ?? 0;
  const relative = Array.from(sorted, (time) => time - origin);
  const keyTimes = new Set(times.filter((_, i) => keys[i]));
  const selectors = plans.map((plan) => createSelector(plan, relative, end - origin));
  const taken = new Set<number>();
  for (const [i, time] of sorted.entries()) {
    const last = i === sorted.length - 1;
    const frame = {
      time: time - origin,
      until: (last ? end : sorted[i + 1]!) - origin,
      key: keyTimes.has(time),
      last,
    };
    for (const selector of selectors) if (selector.take(frame) > 0) taken.add(time);
  }
  return taken;
}
