import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, relative, sep } from "node:path";
import { stringify } from "csv-stringify/sync";
import { z } from "zod";
import { openManifest } from "../../../datasets/manifest.js";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { MuybridgeError } from "../../core/errors.js";
import { unwritable } from "../../pipeline/writers/unwritable.js";
import { mostUndone } from "./limits.js";
import { type Corrections, correctionSchema, type Part } from "./messages.js";

/** What people say of videos, kept as a manifest that `train` takes. */
export interface CorrectionStore {
  readonly all: () => Corrections;
  /** Says what a video holds; no parts: nothing is said of it. On the disk when it resolves. */
  readonly set: (path: string, parts: readonly Part[]) => Promise<void>;
  /** Takes the last change back. @throws MuybridgeError ERR_USAGE where there is none. */
  readonly undo: () => Promise<string>;
  /** The manifest's text. */
  readonly text: () => string;
}

const columns = ["path", "label", "start", "end"] as const;

/** What a video's parts were before a change. */
const undoSchema = z.array(correctionSchema).max(mostUndone);

/**
 * Opens the manifest. It may have been written by hand.
 *
 * @param undoPath where what can be undone is kept
 * @throws MuybridgeError of `openManifest` where it is broken.
 */
export async function openCorrections(path: string, undoPath: string): Promise<CorrectionStore> {
  let videos = await readManifest(path);
  let past = await readPast(undoPath);
  const text = (): string => toManifest(path, videos);
  let last: Promise<unknown> = Promise.resolve();
  /** One change after the other; the one that is kept is the one that is told. */
  const change = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const replace = async (
    video: string,
    parts: readonly Part[],
    nextPast: readonly Readonly<{ path: string; parts: Part[] }>[],
  ): Promise<void> => {
    const next = new Map(videos);
    if (parts.length > 0) next.set(video, parts);
    else next.delete(video);
    // First what undoes it: to undo what was not done changes nothing.
    try {
      await writeFileAtomically(undoPath, JSON.stringify(nextPast));
      await writeFileAtomically(path, toManifest(path, next));
    } catch (error) {
      throw unwritable(path, error);
    }
    videos = next;
    past = [...nextPast];
  };
  return {
    all: () => ({
      videos: [...videos].map(([video, parts]) => ({ path: video, parts: [...parts] })),
      labels: [...new Set([...videos.values()].flat().map(({ label }) => label))].sort(),
      undo: past.at(-1)?.path ?? null,
    }),
    set: (video, parts) =>
      change(() => {
        const before = { path: video, parts: [...(videos.get(video) ?? [])] };
        return replace(video, parts, [...past, before].slice(-mostUndone));
      }),
    undo: () =>
      change(async () => {
        const before = past.at(-1);
        if (!before) throw new MuybridgeError("ERR_USAGE", "There is nothing to undo.");
        await replace(before.path, before.parts, past.slice(0, -1));
        return before.path;
      }),
    text,
  };
}

/** A manifest, its paths relative to its folder where they are near. */
function toManifest(path: string, videos: ReadonlyMap<string, readonly Part[]>): string {
  const folder = dirname(path);
  // What lies beside the state's folder moves with it.
  const near = dirname(folder);
  const named = (video: string): string => {
    const away = relative(near, video);
    const isNear = !isAbsolute(away) && !away.startsWith("..");
    return isNear ? relative(folder, video).split(sep).join("/") : video;
  };
  const rows = [...videos].flatMap(([video, parts]) =>
    parts.map(({ label, start, end }) => [named(video), label, start ?? "", end ?? ""]),
  );
  return stringify([columns, ...rows], { record_delimiter: "\r\n", quoted_match: /[\r\n]/ });
}

async function readManifest(path: string): Promise<ReadonlyMap<string, readonly Part[]>> {
  const videos = new Map<string, Part[]>();
  const text = await readFile(path, "utf8").catch(() => "");
  // A manifest of no rows is no data set.
  if (text.trim().split(/\r?\n/).length < 2) return videos;
  for (const { path: video, label, span } of (await openManifest(path)).items) {
    const own = videos.get(video) ?? [];
    own.push({ label, ...span });
    videos.set(video, own);
  }
  return videos;
}

async function readPast(path: string): Promise<z.infer<typeof undoSchema>> {
  try {
    return undoSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    // What can be undone is no work of anybody: without it there is nothing to undo.
    return [];
  }
}
