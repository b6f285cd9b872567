import { basename, relative, resolve, sep } from "node:path";
import { MuybridgeError } from "../src/core/errors.js";
import type { Span } from "../src/frames/decoder.js";
import { spanFragment } from "../src/frames/span.js";
import { listVideoFiles } from "../src/frames/video-files.js";
import { type AdapterOptions, checkGroupBy, type DatasetAdapter, tellMissing } from "./adapter.js";
import { createDataset, type Dataset, type DatasetItem, type Split } from "./dataset.js";
import { linesOf, readListIn } from "./official-lists.js";

/** What clips of KTH can be grouped by. */
const groupings = ["person", "scenario"] as const;

/**
 * KTH (Schuldt, Laptev & Caputo 2004): files like person01_boxing_d1_uncomp.avi, and 00sequences.txt, which names the
 * frames of each file in which the action is done, about four times a file. Each of these is an item. The people of
 * the training, validation and test parts are the official ones.
 */
export const kth: DatasetAdapter = {
  prefix: "kth",
  place: "directory",
  options: ["lists", "groupBy"],
  open: openKth,
};

const list = "00sequences.txt";

/** Frames a second of all its videos, to turn frame numbers into times. */
const frameRate = 25;

/** People of each part, as 00sequences.txt says. */
const people: Readonly<Record<Split, readonly number[]>> = {
  train: [11, 12, 13, 14, 15, 16, 17, 18],
  validation: [19, 20, 21, 23, 24, 25, 1, 4],
  test: [22, 2, 3, 5, 6, 7, 8, 9, 10],
};

/** What a file's name says. */
const namePattern = /^person(\d+)_([a-z]+)_d(\d+)/;

async function openKth(directory: string, { lists, groupBy }: AdapterOptions): Promise<Dataset> {
  const grouping = checkGroupBy("KTH", groupings, groupBy);
  const sequences = readSequences(await readListIn([lists ?? directory], list));
  const root = resolve(directory);
  const items: DatasetItem[] = [];
  const found = new Set<string>();
  let unlisted = 0;
  for (const path of await listVideoFiles(root)) {
    const [key, person = "", label = "", scenario = ""] = namePattern.exec(basename(path)) ?? [];
    const spans = key === undefined ? undefined : sequences.get(key);
    const split = splitOf(Number(person));
    if (key === undefined || spans === undefined || split === undefined || found.has(key)) {
      unlisted += 1;
      continue;
    }
    found.add(key);
    const group = grouping === "person" ? `person ${person}` : `scenario ${scenario}`;
    const file = relative(root, path).split(sep).join("/");
    for (const span of spans) {
      items.push({ path, name: `${file}${spanFragment(span)}`, label, span, group, split });
    }
  }
  const missing = tellMissing(
    [...sequences.keys()].filter((key) => !found.has(key)),
    sequences.size,
  );
  const others = `${unlisted} videos are not in ${list}, or there twice, and left out.`;
  return createDataset(
    `kth:${directory}`,
    items,
    [...missing.warnings, ...(unlisted > 0 ? [others] : [])],
    missing.details,
  );
}

function splitOf(person: number): Split | undefined {
  return (Object.keys(people) as Split[]).find((split) => people[split].includes(person));
}

/**
 * The spans of each file. A line is `person01_boxing_d1 frames 1-95, 96-185, …`, with frames counted from 1 and both
 * ends included; other lines are prose, and the one file that was never published is marked "*missing*".
 */
function readSequences(text: string): Map<string, Span[]> {
  const sequences = new Map<string, Span[]>();
  for (const line of linesOf(text)) {
    const [, key, ranges] = /^(person\d+_[a-z]+_d\d+)\s+frames\s+(.*)$/.exec(line) ?? [];
    if (key === undefined || ranges === undefined) continue;
    const spans = ranges.split(",").flatMap((range): Span[] => {
      if (range.trim() === "") return [];
      const [, first, last] = /^\s*(\d{1,9})\s*-\s*(\d{1,9})\s*$/.exec(range) ?? [];
      const [from, to] = [Number(first), Number(last)];
      if (!(from >= 1 && to >= from)) {
        throw new MuybridgeError(
          "ERR_DATASET_INVALID",
          `${list} has no frames in "${range.trim().slice(0, 50)}" of ${key}.`,
          { path: list },
        );
      }
      return [{ start: (from - 1) / frameRate, end: to / frameRate }];
    });
    sequences.set(key, spans);
  }
  if (sequences.size > 0) return sequences;
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `${list} has no line like "person01_boxing_d1 frames 1-95, 96-185".`,
    { path: list },
  );
}
