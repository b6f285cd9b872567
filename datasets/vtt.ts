import { relative, resolve, sep } from "node:path";
import { readBoundedFile } from "../src/core/bounded-file.js";
import { MuybridgeError, messageOf } from "../src/core/errors.js";
import { spanFragment } from "../src/frames/span.js";
import { isVideoFile, listFiles } from "../src/frames/video-files.js";
import { type DatasetAdapter, tellMissing } from "./adapter.js";
import { createDataset, type Dataset, type DatasetItem } from "./dataset.js";
import { type Cue, parseWebVtt } from "./web-vtt.js";

/**
 * WebVTT files as labels: each cue is an item, its text the label, of the video beside the file that has the same
 * name (a.vtt and a.mp4, or a.mp4.vtt). What `label` has written is read too, without its confidences.
 */
export const vtt: DatasetAdapter = {
  prefix: "vtt",
  place: "directory",
  options: [],
  open: openVtt,
};

/** Largest file that is read, in bytes; an hour of a cue a second has a few hundred thousand. */
const maxVttSize = 1 << 26;

/** What `label` writes into its files, and the confidence that it puts behind a label. */
const ownNote = /^NOTE muybridge /m;
const ownConfidence = / \(\d+(\.\d+)? %\)$/;

const isVtt = (name: string): boolean => name.toLowerCase().endsWith(".vtt");

async function openVtt(directory: string): Promise<Dataset> {
  const root = resolve(directory);
  const files = await listFiles(root, (name) => isVtt(name) || isVideoFile(name));
  const videos = new Map<string, string>();
  for (const path of files.filter((file) => !isVtt(file))) {
    for (const key of [path, path.replace(/\.[^.]*$/, "")]) {
      if (!videos.has(key)) videos.set(key, path);
    }
  }
  const items: DatasetItem[] = [];
  const missing: string[] = [];
  const tables = files.filter(isVtt);
  for (const table of tables) {
    const path = videos.get(table.slice(0, -".vtt".length));
    if (path === undefined) {
      missing.push(`the video of ${relative(root, table)}`);
      continue;
    }
    const name = relative(root, path).split(sep).join("/");
    for (const { start, end, text } of await readCues(table)) {
      if (text === "") continue;
      const span = { start, end };
      items.push({ path, name: `${name}${spanFragment(span)}`, label: text, span });
    }
  }
  const { warnings, details } = tellMissing(missing, tables.length);
  return createDataset(`vtt:${directory}`, items, warnings, details);
}

async function readCues(path: string): Promise<Cue[]> {
  try {
    const refuse = (why: string): Error => new RangeError(`it ${why}`);
    const text = (await readBoundedFile(path, maxVttSize, refuse)).toString("utf8");
    const cues = parseWebVtt(text);
    if (!ownNote.test(text)) return cues;
    return cues.map((cue) => ({ ...cue, text: cue.text.replace(ownConfidence, "") }));
  } catch (error) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `The labels in ${path} cannot be read as WebVTT: ${messageOf(error)}.`,
      { path, cause: error },
    );
  }
}
