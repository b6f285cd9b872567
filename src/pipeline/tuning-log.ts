import { appendFile, mkdir, readFile, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "../core/atomic-file.js";
import { MuybridgeError } from "../core/errors.js";
import type { TuningTrial } from "./tuning-trial.js";

/** The trials of one or more searches, kept as they are done. */
export interface TuningLog {
  /** The trials of a search that are there, in order. */
  finished(search: string): TuningTrial[];
  /** The trials of all searches. */
  trials(): TuningTrial[];
  append(search: string, trial: TuningTrial): Promise<void>;
}

/** Bytes a log may have; a trial takes a few hundred. */
const maxSize = 2 ** 26;

const loss = z.number().nullable();
const header = z.object({ log: z.literal("muybridge tuning"), recipe: z.string() });
const line = z.object({
  search: z.string(),
  trial: z.int().min(1),
  settings: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Null where there is none: given up, or of no use. JSON has no Infinity. */
  loss,
  folds: z.array(loss),
  accuracies: z.array(z.number()),
  pruned: z.literal(true).optional(),
  error: z.string().optional(),
  repeatOf: z.int().min(1).optional(),
  seconds: z.number(),
});

/** A line of the log. */
type Line = z.infer<typeof line>;

/**
 * Opens a log of trials, JSON lines, of which the first one says what decides them. Where it is of the same recipe,
 * its trials are there to go on from, a line that was broken off is cut away; where it is of another, it is put
 * aside as `….old`.
 *
 * @param path undefined for a log that is not kept
 * @param recipe digest of all that decides the trials
 * @throws MuybridgeError ERR_USAGE where the file is not such a log.
 */
export async function openTuningLog(
  path: string | undefined,
  recipe: string,
  warn: (message: string) => void,
): Promise<TuningLog> {
  const known: Line[] = [];
  if (path !== undefined) {
    const text = await readLog(path);
    if (text !== undefined) known.push(...(await takeUp(path, text, recipe, warn)));
    await mkdir(dirname(path), { recursive: true });
    const lines = [{ log: "muybridge tuning", recipe }, ...known];
    await writeFileAtomically(path, lines.map((each) => `${JSON.stringify(each)}\n`).join(""));
  }
  return {
    finished: (search) => known.filter((each) => each.search === search).map(trialOf),
    trials: () => known.map(trialOf),
    async append(search, trial) {
      const written = lineOf(search, trial);
      known.push(written);
      if (path !== undefined) await appendFile(path, `${JSON.stringify(written)}\n`);
    },
  };
}

async function readLog(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats) return undefined;
  if (!stats.isFile() || stats.size > maxSize) throw notALog(path);
  return readFile(path, "utf8");
}

/** The whole lines of a log of the same recipe. */
async function takeUp(
  path: string,
  text: string,
  recipe: string,
  warn: (message: string) => void,
): Promise<Line[]> {
  // What follows the last line break was being written when the program was killed.
  const [first = "", ...rest] = text.split("\n").slice(0, -1);
  if (text.trim() === "") return [];
  const head = header.safeParse(parsed(first));
  if (!head.success) throw notALog(path);
  if (head.data.recipe !== recipe) {
    await rename(path, `${path}.old`);
    warn(
      `${path} is of other data or options and is now ${path}.old; the search starts from the beginning.`,
    );
    return [];
  }
  return rest.map((each) => {
    const result = line.safeParse(parsed(each));
    if (!result.success) throw notALog(path);
    return result.data;
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notALog(path: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_USAGE",
    `${path} exists and is not a log of trials; move it away, or choose another place for the model.`,
    { path },
  );
}

function lineOf(search: string, { detail, ...trial }: TuningTrial): Line {
  const { folds = [], accuracies = [], seconds = 0, ...rest } = detail ?? {};
  return {
    search,
    ...trial,
    loss: finiteOrNull(trial.loss),
    folds: folds.map(finiteOrNull),
    accuracies: [...accuracies],
    ...rest,
    seconds,
  };
}

function trialOf({
  search: _,
  folds,
  accuracies,
  pruned,
  error,
  seconds,
  ...trial
}: Line): TuningTrial {
  const { repeatOf, settings } = trial;
  return {
    trial: trial.trial,
    // Held against what the search proposes before it is used.
    settings: settings as unknown as TuningTrial["settings"],
    loss: trial.loss ?? Number.POSITIVE_INFINITY,
    ...(repeatOf === undefined ? {} : { repeatOf }),
    detail: {
      folds: folds.map((each) => each ?? Number.POSITIVE_INFINITY),
      accuracies,
      ...(pruned ? { pruned } : {}),
      ...(error === undefined ? {} : { error }),
      seconds,
    },
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
