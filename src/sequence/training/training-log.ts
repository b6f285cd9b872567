import { appendFile } from "node:fs/promises";
import { writeFileAtomically } from "../../core/atomic-file.js";
import type { EpochRecord } from "./fit-options.js";

/** A log of a training: a line of JSON for every epoch. */
export interface TrainingLog {
  append(epoch: EpochRecord): Promise<void>;
}

/** Begins a log with the epochs that are done already; an older file is replaced. */
export async function openTrainingLog(
  path: string,
  history: readonly EpochRecord[],
): Promise<TrainingLog> {
  const lineOf = (epoch: EpochRecord): string => `${JSON.stringify(epoch)}\n`;
  await writeFileAtomically(path, history.map(lineOf).join(""));
  return { append: (epoch) => appendFile(path, lineOf(epoch)) };
}
