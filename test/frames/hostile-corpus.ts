import { execFileSync } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { createRandom } from "../../src/core/random.js";
import { mp3WithCover, silentWav } from "./audio-files.js";
import { aviFile, blackPng } from "./avi-file.js";
import { topBoxes, withHeaderFirst } from "./mp4-boxes.js";
import { mutated } from "./mutated.js";
import { writeNumberedClip } from "./numbered-clip.js";
import { writeAnimation } from "./picture-files.js";
import { playlists } from "./playlists.js";
import { remux } from "./remux.js";

/** What becomes of a file: it is labelled, or refused with a code. */
export type Fate = "labelled" | `ERR_${string}`;

/** A file that nobody would have made with good intent, or in good health. */
export interface HostileFile {
  readonly path: string;
  /** What may become of it. */
  readonly fates: readonly Fate[];
  /** Whether another file asks nearly the same of a decoder. */
  readonly isAlike?: boolean;
}

/** Of a file that is damaged, some decodes or nothing does; it is never the decoder's end. */
const damagedFates: readonly Fate[] = [
  "labelled",
  "ERR_NOT_A_VIDEO",
  "ERR_NO_VIDEO_STREAM",
  "ERR_NO_FRAMES",
  "ERR_TOO_LARGE",
];

/** What stands in the file that playlists point at. */
export const secret = "the launch code is 0000";

/** Sound videos in several containers, that the corpus is made of. */
export interface Originals {
  readonly mp4: Buffer;
  readonly all: readonly { readonly extension: string; readonly bytes: Buffer }[];
}

/** Makes the originals in a directory. */
export async function makeOriginals(directory: string): Promise<Originals> {
  await mkdir(directory, { recursive: true });
  const clip = await writeNumberedClip(directory, { frames: 20, keyframeInterval: 5 });
  const files = [clip];
  for (const [container, extension] of Object.entries({
    avi: "avi",
    matroska: "mkv",
    flv: "flv",
  })) {
    const path = join(directory, `original.${extension}`);
    await remux(clip, path, { container });
    files.push(path);
  }
  files.push(await writeAnimation(join(directory, "original.gif"), Array<number>(10).fill(100)));
  const all = await Promise.all(
    files.map(async (path) => ({
      extension: path.slice(path.lastIndexOf(".") + 1),
      bytes: await readFile(path),
    })),
  );
  return { mp4: all[0]!.bytes, all };
}

/**
 * Writes one file of each kind of trouble into a directory.
 *
 * @param port of a server on the loopback that playlists point at
 */
export async function writeHostileKinds(
  directory: string,
  { mp4, all }: Originals,
  port: number,
): Promise<HostileFile[]> {
  await mkdir(directory, { recursive: true });
  const files: HostileFile[] = [];
  const expectOf = (name: string, ...fates: readonly Fate[]): string => {
    const path = join(directory, name);
    files.push({ path, fates });
    return path;
  };
  const add = (name: string, content: string | Uint8Array, ...fates: readonly Fate[]) =>
    writeFile(expectOf(name, ...fates), content);
  const header = topBoxes(mp4).find(({ type }) => type === "moov")!;
  const streamable = withHeaderFirst(mp4);
  const cover = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();

  await add("empty.mp4", "", "ERR_NOT_A_VIDEO");
  await add("one-byte.mp4", "x", "ERR_NOT_A_VIDEO");
  await add("text.mp4", "It was a bright cold day in April.\n".repeat(99), "ERR_NOT_A_VIDEO");
  await add(
    "page.mp4",
    "<!DOCTYPE html><html><body>404 Not Found</body></html>",
    "ERR_NOT_A_VIDEO",
  );
  await add("drawing.mp4", '<svg xmlns="http://www.w3.org/2000/svg"/>', "ERR_NOT_A_VIDEO");
  await add("sound.mp4", silentWav(), "ERR_NO_VIDEO_STREAM");
  await add("cover.mp4", mp3WithCover(cover), "ERR_NO_VIDEO_STREAM");
  await add("header-lost.mp4", mp4.subarray(0, header.start), "ERR_NOT_A_VIDEO");
  const pictures = topBoxes(streamable).find(({ type }) => type === "mdat")!;
  await add("header-only.mp4", streamable.subarray(0, pictures.start + 8), "ERR_NO_FRAMES");
  await add("codec.mp4", replaced(mp4, "avc1", "zzzz"), "ERR_NO_FRAMES");

  const dot = blackPng(1, 1);
  await add("one-frame.avi", png(64, 48, [blackPng(64, 48)]), "labelled");
  await add("one-pixel.avi", png(1, 1, [dot, dot, dot]), "labelled");
  await add("huge.avi", png(16384, 16384, [blackPng(16384, 16384)]), "ERR_TOO_LARGE");
  await add("huge.y4m", "YUV4MPEG2 W12000 H12000 F10:1 C420\nFRAME\n", "ERR_TOO_LARGE");
  await add("huge.gif", gifHeader(16384, 16384), "ERR_TOO_LARGE", "ERR_NOT_A_VIDEO");
  // It says it is small.
  await add("grown.avi", png(64, 48, [blackPng(16384, 16384)]), "ERR_NO_FRAMES");
  await add("long.avi", png(64, 48, [blackPng(64, 48)], 1e9), "labelled");
  await add("long.mp4", withPromise(mp4, 1e9), "labelled");

  const markAlike = (): void => {
    files.push({ ...files.pop()!, isAlike: true });
  };
  for (const [k, [kind, playlist]] of Object.entries(playlists).entries()) {
    const server = `http://127.0.0.1:${port}/real.ts`;
    for (const [i, target] of ["real.mp4", "secret.txt", server].entries()) {
      const extension = i === 1 ? "avi" : "mp4";
      await add(`${kind} ${i}.${extension}`, playlist(target, port), "ERR_NOT_A_VIDEO");
      if (i !== k % 3) markAlike();
    }
  }
  await add("real.mp4", mp4, "labelled");
  await writeFile(join(directory, "secret.txt"), `${secret}\n`);

  if (process.platform !== "win32") {
    for (const [i, name] of oddNames.entries()) {
      await add(name, Buffer.concat([mp4, Buffer.alloc(8 + i)]), "labelled");
      if (i % 3 > 0) markAlike();
    }
    execFileSync("mkfifo", [expectOf("pipe.mp4", "ERR_NOT_A_VIDEO")]);
    await symlink("/dev/zero", expectOf("device.mp4", "ERR_NOT_A_VIDEO"));
    await symlink("gone.mp4", expectOf("dangling.mp4", "ERR_FILE_NOT_FOUND"));
    await symlink("circle.mp4", expectOf("circle.mp4", "ERR_FILE_NOT_FOUND"));
    await symlink(".", join(directory, "itself"));
    const bytes = Buffer.concat([Buffer.from(`${directory}/bytes `), Buffer.from([0xff, 0xfe])]);
    // As every listing tells it: these bytes have no characters.
    await writeFile(Buffer.concat([bytes, Buffer.from(".mp4")]), mp4);
    expectOf("bytes \ufffd\ufffd.mp4", "ERR_FILE_NOT_FOUND");
    const isSuperuser = process.getuid?.() === 0;
    if (isSuperuser) console.warn("SKIPPED: an unreadable file. The superuser may read it.");
    await add("unreadable.mp4", mp4, isSuperuser ? "labelled" : "ERR_FILE_NOT_FOUND");
    await chmod(join(directory, "unreadable.mp4"), 0);
  }
  for (const { extension, bytes } of all) {
    await add(`half.${extension}`, bytes.subarray(0, bytes.length >> 1), ...damagedFates);
  }
  return files;
}

/** Names that a shell, a program's options, a pattern, a protocol or a line of text could take for something else. */
const oddNames = [
  "--help.mp4",
  "two words.mp4",
  "quote\"'`.mp4",
  "concat:a.mp4",
  "-dash.mp4",
  "[a] {b} *?.mp4",
  "per%cent %20 %d.mp4",
  "http:||127.0.0.1.mp4",
  "$(reboot);.mp4",
  "new\nline.mp4",
  `${"long".repeat(62)}123.mp4`,
];

/** Writes files that were cut off at 40 places, spread over all containers. */
export async function writeTruncated(
  directory: string,
  { mp4, all }: Originals,
): Promise<HostileFile[]> {
  const whole = [{ extension: "mp4", bytes: withHeaderFirst(mp4) }, ...all.slice(0, 4)];
  const cuts = Array.from({ length: 40 }, (_, i) => {
    const { extension, bytes } = whole[i % whole.length]!;
    const length = Math.max(1, Math.floor((bytes.length * (i + 0.5)) / 40));
    return { name: `cut-${i}.${extension}`, content: bytes.subarray(0, length) };
  });
  return writeAll(directory, cuts);
}

/** Writes files with random damage, spread over all containers. */
export async function writeMutations(
  directory: string,
  { all }: Originals,
  count: number,
): Promise<HostileFile[]> {
  const random = createRandom("mutations");
  const files = Array.from({ length: count }, (_, i) => {
    const { extension, bytes } = all[i % all.length]!;
    return { name: `mutated-${i}.${extension}`, content: mutated(bytes, random) };
  });
  return writeAll(directory, files);
}

async function writeAll(
  directory: string,
  files: readonly { readonly name: string; readonly content: Buffer }[],
): Promise<HostileFile[]> {
  await mkdir(directory, { recursive: true });
  return Promise.all(
    files.map(async ({ name, content }) => {
      const path = join(directory, name);
      await writeFile(path, content);
      return { path, fates: damagedFates };
    }),
  );
}

function png(width: number, height: number, frames: readonly Buffer[], promised?: number): Buffer {
  const codec = "MPNG";
  return aviFile({ width, height, codec, frames, ...(promised ? { promised } : {}) });
}

function replaced(file: Buffer, from: string, to: string): Buffer {
  return Buffer.from(file.toString("latin1").replaceAll(from, to), "latin1");
}

/** Says that the film lasts so many seconds. */
function withPromise(file: Buffer, seconds: number): Buffer {
  const altered = Buffer.from(file);
  // From a version 0 header's type to its clock, and to its duration.
  const film = altered.indexOf("mvhd");
  altered.writeUInt32BE(1, film + 16);
  altered.writeUInt32BE(seconds, film + 20);
  altered.writeUInt32BE(seconds, altered.indexOf("tkhd") + 24);
  altered.writeUInt32BE(0xfffffffe, altered.indexOf("mdhd") + 20);
  return altered;
}

/** A GIF of one picture that has no content. */
function gifHeader(width: number, height: number): Buffer {
  const file = Buffer.from("GIF89a....\0\0\0,....0000\0\x02\0;", "latin1");
  for (const at of [6, 18]) {
    file.writeUInt16LE(width, at);
    file.writeUInt16LE(height, at + 2);
  }
  file.fill(0, 14, 18);
  return file;
}
