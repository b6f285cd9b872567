import pMap from "p-map";
import { MuybridgeError } from "../src/core/errors.js";
import type { LongCallOptions } from "../src/core/progress.js";
import type { Dataset, DatasetItem, Split } from "./dataset.js";

/** Something that a user should know before training. An error would make the result worthless. */
export interface DatasetFinding {
  readonly severity: "error" | "warning";
  readonly message: string;
}

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

/** What is looked at in a file. */
export interface ProbedItem {
  /** Seconds. */
  readonly duration: number;
  /** Values of a vector, of a sequence. */
  readonly dimension?: number;
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

/** Part of the variance of clip lengths that the class may explain before length is a cue (η²). */
const lengthCueLimit = 0.3;

/** Fewest clips a class can be learned from with any hope. */
const fewClips = 5;

interface SeenItem extends DatasetItem, ProbedItem {
  readonly digest: string;
}

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
  let done = 0;
  let failed = 0;
  const total = dataset.items.length;
  // In the order of the items, whichever is read first, so that the same data give the same report.
  const results = await pMap(
    dataset.items,
    async (item): Promise<SeenItem | DatasetFinding> => {
      options.signal?.throwIfAborted();
      const result = await look(named ? { split: "train", ...item } : item, options);
      if (!("digest" in result)) failed += 1;
      done += 1;
      options.onProgress?.({ stage: "check", done, total, failed, unit: "videos" });
      return result;
    },
    { concurrency },
  );
  const seen = results.filter((result) => "digest" in result);
  findings.push(...results.filter((result) => "severity" in result));
  const classes = dataset.classes.map((label) => summarise(label, seen));
  findings.push(
    ...mixtures(seen),
    ...duplicates(seen),
    ...groupLeaks(seen),
    ...shortages(classes, seen),
    ...lengthCue(seen),
  );
  return { classes, findings: findings.sort((a, b) => a.severity.localeCompare(b.severity)) };
}

/** Reads what is needed of a clip, or says why it cannot be read. */
async function look(
  item: DatasetItem,
  { probe, digest }: CheckOptions,
): Promise<SeenItem | DatasetFinding> {
  try {
    const { duration, dimension } = await probe(item.path);
    const size = dimension === undefined ? {} : { dimension };
    return { ...item, duration, ...size, digest: await digest(item.path) };
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
  return [...groupBy(seen, ({ digest }) => digest).values()].flatMap((copies): DatasetFinding[] => {
    if (copies.length < 2) return [];
    const names = copies.map(({ name }) => name).join(", ");
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

/** Whether the class could be guessed from a clip's length: the part of its variance that the class explains. */
function lengthCue(seen: readonly SeenItem[]): DatasetFinding[] {
  if (seen.length < 2) return [];
  const meanOf = (items: readonly SeenItem[]): number =>
    items.reduce((sum, { duration }) => sum + duration, 0) / items.length;
  const mean = meanOf(seen);
  const all = seen.reduce((sum, { duration }) => sum + (duration - mean) ** 2, 0);
  const explained = [...groupBy(seen, ({ label }) => label).values()].reduce(
    (sum, items) => sum + items.length * (meanOf(items) - mean) ** 2,
    0,
  );
  if (all === 0 || explained / all < lengthCueLimit) return [];
  return [
    {
      severity: "warning",
      message: `the class explains ${Math.round((100 * explained) / all)} % of the variance of clip lengths; sample a fixed number of frames (--count), so that length is no cue`,
    },
  ];
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const members = groups.get(keyOf(item));
    if (members) members.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
