import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import pMap from "p-map";
import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import type { DecoderName } from "../../src/frames/decoder.js";
import { createDecoder } from "../../src/frames/open-decoder.js";
import { smallOutput } from "./decoder-conformance.js";
import { ffmpegIsThere } from "./ffmpeg-program.js";
import {
  type Fate,
  type HostileFile,
  makeOriginals,
  secret,
  writeHostileKinds,
} from "./hostile-corpus.js";
import { openLoopbackServer } from "./loopback-server.js";
import { sharedDirectory } from "./shared-directory.js";

const directory = sharedDirectory();
const { port, connectionsSeen } = await openLoopbackServer();
const kinds = await writeHostileKinds(
  join(directory, "kinds"),
  await makeOriginals(join(directory, "originals")),
  port,
);
await mkdir(join(directory, "folder.mp4"));
kinds.push({ path: join(directory, "folder.mp4"), fates: ["ERR_NOT_A_VIDEO"] });

/** Codes that only the decoding finds out; the headers of such a file say nothing wrong. */
const found: readonly Fate[] = ["labelled", "ERR_NO_FRAMES"];

/** What a decoder says of a file: by its header, and by its frames. */
async function fatesOf(
  name: DecoderName,
  path: string,
): Promise<{ readonly probed: Fate; readonly decoded: Fate }> {
  const decoder = createDecoder(name);
  const sample = async (): Promise<void> => {
    let frames = 0;
    for await (const { n } of decoder.decode(path, [smallOutput({ count: 4 })])) frames += n;
    expect(frames, path).toBe(4);
  };
  const fate = async (work: () => Promise<unknown>): Promise<Fate> => {
    try {
      await work();
      return "labelled";
    } catch (error) {
      expect(error, path).toBeInstanceOf(MuybridgeError);
      const { code, message } = error as MuybridgeError;
      expect(message).toContain(path);
      expect(message).not.toContain(secret);
      return code;
    }
  };
  const decoded = await fate(sample);
  // The program's probing is the first half of its decoding.
  return { decoded, probed: name === "ffmpeg" ? decoded : await fate(() => decoder.probe(path)) };
}

const isWrong = ({ fates }: HostileFile, fate: Fate): boolean => !fates.includes(fate);

test("libav refuses each with its code, by its header where that tells, and opens no other file", async () => {
  for (const file of kinds) {
    const { probed, decoded } = await fatesOf("libav", file.path);
    const isSeenLater = file.fates.some((fate) => found.includes(fate));
    if (isWrong(file, decoded) || (isWrong(file, probed) && !isSeenLater)) {
      expect.fail(`${file.path}: ${probed}, ${decoded}; it should be ${file.fates.join(" or ")}`);
    }
  }
  expect(await connectionsSeen()).toBe(0);
});

const isThere = ffmpegIsThere("what the decoder ffmpeg makes of hostile files");

test.skipIf(!isThere)("so does the ffmpeg program", async () => {
  // A start of the program takes longer than all that libav has to do.
  const few = kinds.filter(({ isAlike }) => !isAlike);
  const told = await pMap(
    few,
    async (file) => ({ ...file, ...(await fatesOf("ffmpeg", file.path)) }),
    { concurrency: 4 },
  );
  expect(told.filter((file) => isWrong(file, file.decoded))).toEqual([]);
  expect(await connectionsSeen()).toBe(0);
});
