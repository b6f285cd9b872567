import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadLibav } from "../../src/frames/libav.js";
import { openLibavInput } from "../../src/frames/libav-input.js";
import { framePeriod, openPacketAccount } from "../../src/frames/packet-account.js";
import { closePacketIndex, readPacketIndex } from "../../src/frames/packet-index.js";
import { withStartCut } from "./mp4-boxes.js";
import { writeNumberedClip } from "./numbered-clip.js";
import { remux } from "./remux.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const clip = await writeNumberedClip(directory, { frames: 40 });
const tenths = Array.from({ length: 40 }, (_, i) => i / 10);

async function timesOf(path: string): Promise<number[]> {
  const libav = await loadLibav();
  const input = await openLibavInput(libav, path);
  try {
    const index = await readPacketIndex(libav, input);
    closePacketIndex(index);
    return [...index.sorted];
  } finally {
    input.close();
  }
}

function expectTimes(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((time, i) => {
    expect(time).toBeCloseTo(expected[i]!, 6);
  });
}

test("the packets tell when each frame is shown", async () => {
  expectTimes(await timesOf(clip), tenths);
});

test("what an edit list cuts off is not told", async () => {
  const path = join(directory, "trimmed.mp4");
  await writeFile(path, withStartCut(await readFile(clip), 3));
  expectTimes(await timesOf(path), tenths.slice(0, 10));
});

test("an AVI, which knows only when frames are decoded, gives the same distances", async () => {
  const path = join(directory, "copy.avi");
  await remux(clip, path, { container: "avi" });
  const times = await timesOf(path);
  expectTimes(
    times.map((time) => time - times[0]!),
    tenths,
  );
});

test("less than the header promises is noticed, a whole file is not suspected", async () => {
  const libav = await loadLibav();
  /** Reads this many packets and asks whether the file ended early. */
  const endsEarly = async (packets: number): Promise<boolean> => {
    const input = await openLibavInput(libav, clip);
    const packet = new libav.lib.Packet();
    packet.alloc();
    try {
      const account = openPacketAccount(libav, input);
      for (let i = 0; i < packets; i++) {
        expect(input.format.readFrameSync(packet)).toBe(0);
        account.note(packet);
        packet.unref();
      }
      return account.endsEarly();
    } finally {
      packet.free();
      input.close();
    }
  };
  expect(await endsEarly(40)).toBe(false);
  expect(await endsEarly(39)).toBe(false);
  expect(await endsEarly(25)).toBe(true);
  expect(await endsEarly(0)).toBe(true);
});

test("a frame is shown for the inverse of the frame rate, a 25th of a second where none is told", () => {
  expect(framePeriod({ num: 30_000, den: 1001 })).toBeCloseTo(0.0333667, 6);
  expect(framePeriod({ num: 0, den: 1 })).toBe(0.04);
  expect(framePeriod({ num: 0, den: 0 })).toBe(0.04);
});
