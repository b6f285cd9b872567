import pMap from "p-map";
import { MuybridgeError } from "../src/core/errors.js";
import type { LongCallOptions } from "../src/core/progress.js";
import { clipDigest, type Dataset, type DatasetItem, type Split } from "./dataset.js";
import { dividedVideos } from "./divided-videos.js";
import { type DatasetFinding, listed, type ProbedItem, type SeenItem } from "./findings.js";
import { groupBy } from "./group-items.js";
import { lengthCue } from "./length-cue.js";

export type { DatasetFinding, ProbedItem } from "./findings.js";

/** A class of the data set. */
export interface ClassSummary {
  readonly label: string;
  readonly clips: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly groups: number;
  readonly medianSeconds: number;
}

/** What was found in a data set. */
export interface DatasetReport {
  readonly classes: readonly ClassSummary[];
  readonly findings: readonly DatasetFinding[];
}

/** Options of {@link checkDataset}. */
export interface CheckOptions extends LongCallOptions {
  /** Reads a video's headers, or a sequence of vectors. */
  readonly probe: (path: string) => Promise<ProbedItem>;
  /** SHA-256 of a file's bytes. */
  readonly digest: (path: string) => Promise<string>;
}

/** Videos looked at at once. */
const concurrency = 4;

/** The largest class may have this many times the clips of the smallest. */
const imbalanceLimit = 5;

/** Fewest clips a class can be learned from with any hope. */
const fewClips = 5;

/** Looks for what would spoil a training or make its accuracy look better than it is. */
export async function checkDataset(
  dataset: Dataset,
  options: CheckOptions,
): Promise<DatasetReport> {
  const findings: DatasetFinding[] = dataset.warnings.map((message) => ({
    severity: "warning",
    message,
  }));
  // Where a data set names parts, clips without one are trained on.
  const named = dataset.items.some(({ split }) => split !== undefined);
  // A long video may have hundreds of parts; it is read once.
  const files = new Map<string, Promise<SeenFile>>();
  const see = (path: string): Promise<SeenFile> => {
    const known = files.get(path) ?? readFile(path, options);
    files.set(path, known);
    return known;
  };
  let done = 0;
  let failed = 0;
  const total = dataset.items.length;
  // In the order of the items, whichever is read first, so that the same data give the same report.
  const results = await pMap(
    dataset.items,
    async (item): Promise<SeenItem | DatasetFinding> => {
      options.signal?.throwIfAborted();
      const result = await look(named ? { split: "train", ...item } : item, see);
      if (!("content" in result)) failed += 1;
      done += 1;
      options.onProgress?.({ stage: "check", done, total, failed, unit: "videos" });
      return result;
    },
    { concurrency },
  );
  const seen = results.filter((result) => "content" in result);
  findings.push(...results.filter((result) => "severity" in result));
  const classes = dataset.classes.map((label) => summarise(label, seen));
  findings.push(
    ...mixtures(seen),
    ...duplicates(seen),
    ...dividedVideos(seen),
    ...groupLeaks(seen),
    ...shortages(classes, seen),
    ...lengthCueOf(seen),
  );
  return { classes, findings: findings.sort((a, b) => a.severity.localeCompare(b.severity)) };
}

/** A file, and the SHA-256 of its content. */
interface SeenFile extends ProbedItem {
  readonly content: string;
}

async function readFile(path: string, { probe, digest }: CheckOptions): Promise<SeenFile> {
  return { ...(await probe(path)), content: await digest(path) };
}

/** Reads what is needed of a clip, or says why it cannot be read. */
async function look(
  item: DatasetItem,
  see: (path: string) => Promise<SeenFile>,
): Promise<SeenItem | DatasetFinding> {
  try {
    const { duration: whole, dimension, content } = await see(item.path);
    const { start = 0, end = whole } = item.span ?? {};
    if (item.span && whole > 0 && start >= whole) {
      return {
        severity: "warning",
        message: `begins after the end of its video, which is ${whole.toFixed(2)} s long: ${item.name}`,
      };
    }
    const size = dimension === undefined ? {} : { dimension };
    const duration = item.span ? Math.max(Math.min(end, whole) - start, 0) : whole;
    return { ...item, duration, ...size, content };
  } catch (error) {
    if (!(error instanceof MuybridgeError)) throw error;
    return { severity: "warning", message: `unreadable (${error.code}): ${item.name}` };
  }
}

function summarise(label: string, seen: readonly SeenItem[]): ClassSummary {
  const own = seen.filter((item) => item.label === label);
  const count = (split: Split): number => own.filter((item) => item.split === split).length;
  const durations = own.map(({ duration }) => duration).sort((a, b) => a - b);
  return {
    label,
    clips: own.length,
    train: count("train"),
    validation: count("validation"),
    test: count("test"),
    groups: new Set(own.flatMap(({ group }) => group ?? [])).size,
    medianSeconds: durations[Math.floor(durations.length / 2)] ?? 0,
  };
}

/** Files that no model could take together: videos and sequences, or vectors of several sizes. */
function mixtures(seen: readonly SeenItem[]): DatasetFinding[] {
  const kindOf = ({ dimension }: SeenItem): string =>
    dimension === undefined ? "videos" : `sequences of ${dimension} values a step`;
  const kinds = [...groupBy(seen, kindOf)].map(([kind, [first]]) => `${kind} (${first?.name})`);
  if (kinds.length < 2) return [];
  return [
    { severity: "error", message: `a model takes one kind of files, not ${kinds.join(" and ")}` },
  ];
}

function duplicates(seen: readonly SeenItem[]): DatasetFinding[] {
  const same = groupBy(seen, ({ content, span }) => clipDigest(content, span));
  return [...same.values()].flatMap((copies): DatasetFinding[] => {
    if (copies.length < 2) return [];
    const names = listed(copies);
    if (new Set(copies.map(({ label }) => label)).size > 1) {
      return [{ severity: "error", message: `the same content under different labels: ${names}` }];
    }
    if (new Set(copies.map(({ split }) => split)).size > 1) {
      return [{ severity: "error", message: `the same content in different parts: ${names}` }];
    }
    return [{ severity: "warning", message: `the same content more than once: ${names}` }];
  });
}

function groupLeaks(seen: readonly SeenItem[]): DatasetFinding[] {
  const grouped = groupBy(
    seen.filter(({ group, split }) => group !== undefined && split !== undefined),
    ({ group }) => group!,
  );
  return [...grouped].flatMap(([group, members]): DatasetFinding[] => {
    const splits = [...new Set(members.map(({ split }) => split))].sort();
    if (splits.length < 2) return [];
    return [{ severity: "error", message: `the group ${group} is in ${splits.join(" and ")}` }];
  });
}

function shortages(classes: readonly ClassSummary[], seen: readonly SeenItem[]): DatasetFinding[] {
  const split = seen.some((item) => item.split !== undefined);
  const findings: DatasetFinding[] = [];
  for (const { label, clips, train } of classes) {
    if (clips === 0 || (split && train === 0)) {
      findings.push({
        severity: "error",
        message: `the class ${label} has no training clip that can be read`,
      });
    } else if (clips < fewClips) {
      findings.push({ severity: "warning", message: `the class ${label} has only ${clips} clips` });
    }
  }
  const sizes = classes.map(({ clips }) => clips);
  const [most, least] = [Math.max(...sizes), Math.min(...sizes)];
  if (least > 0 && most > imbalanceLimit * least) {
    findings.push({
      severity: "warning",
      message: `classes have between ${least} and ${most} clips`,
    });
  }
  return findings;
}

function lengthCueOf(seen: readonly SeenItem[]): DatasetFinding[] {
  const part = lengthCue(seen);
  if (part === undefined) return [];
  return [
    {
      severity: "warning",
      message: `the class explains ${Math.round(100 * part)} % of the variance of clip lengths; sample a fixed number of frames (--count), so that length is no cue`,
    },
  ];
}
