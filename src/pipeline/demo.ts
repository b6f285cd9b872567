import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { reversedPairs } from "../../datasets/motions/actions.js";
import { openDataset } from "../../datasets/open-dataset.js";
import { writeFileAtomically } from "../core/atomic-file.js";
import { type Evaluation, evaluate, type JudgedVideo } from "./evaluate.js";
import { label } from "./label.js";
import { makeMotionsInParallel } from "./make-motions.js";
import { openModel } from "./model.js";
import { evaluationReport } from "./report/evaluation-report.js";
import type { RunOptions } from "./run.js";
import { train } from "./train.js";
import { openResultWriter } from "./writers/open-result-writer.js";

/** What the demo came to. */
export interface DemoResult {
  /** Test clips, of performers not seen in training. */
  readonly clips: number;
  readonly bilstm: { readonly accuracy: number };
  readonly meanPool: { readonly accuracy: number };
  /** Accuracy within the classes that are each other's reversal: is the right one of the two told? */
  readonly pairs: { readonly bilstm: number; readonly meanPool: number };
  readonly model: string;
  readonly labels: string;
  readonly report: string;
}

/** Options of {@link runDemo}. */
export interface DemoOptions extends RunOptions {
  /** Called before each step, with what it does. */
  readonly onStep?: (what: string) => void;
}

/**
 * The main job from end to end, in a directory: makes the motions data set, trains, evaluates on the test part,
 * labels the test clips as new videos, and writes `report.html`. Everything is real: decoding, weights, training.
 * A second run finds clips and features where the first one left them.
 */
export async function runDemo(directory: string, options: DemoOptions = {}): Promise<DemoResult> {
  const say = options.onStep ?? (() => {});
  await mkdir(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);

  say("Drawing and encoding people who act (the motions data set) ...");
  await makeMotionsInParallel(at("motions"), options);
  const dataset = await openDataset(at("motions"));

  say("Decoding, computing CNN features, training the BiLSTM ...");
  await using model = await trained(at("model"), dataset, options);

  say("Labelling the clips of performers that training has not seen ...");
  const evaluation = await evaluate(model, dataset, options);
  const labels = at("labels.jsonl");
  await rm(labels, { force: true });
  const writer = await openResultWriter("jsonl", labels);
  const paths = evaluation.predictions.map(({ path }) => path);
  for await (const result of label(paths, { ...options, model })) await writer.write(result);
  await writer.close();

  const report = at("report.html");
  await writeFileAtomically(report, await evaluationReport(model, dataset, evaluation, options));
  return {
    clips: evaluation.n,
    bilstm: { accuracy: evaluation.accuracy },
    meanPool: { accuracy: evaluation.baseline.meanPool.accuracy },
    pairs: {
      bilstm: pairAccuracy(evaluation, (judged) => judged.label),
      meanPool: pairAccuracy(evaluation, (judged) => judged.meanPool),
    },
    model: at("model"),
    labels,
    report,
  };
}

async function trained(
  directory: string,
  dataset: Parameters<typeof train>[0],
  options: DemoOptions,
): ReturnType<typeof openModel> {
  const model = await train(dataset, { ...options, head: "recurrent", reuse: directory });
  await model.save(directory);
  await model.close();
  // Read back, so that what is shown is what a user of the directory gets.
  return openModel(directory);
}

/** Among the clips of the reversed pairs that are told to be one of their pair: the part that is told to be the right one. */
export function pairAccuracy(
  { predictions }: Evaluation,
  pick: (judged: JudgedVideo) => string,
): number {
  const partner = new Map(reversedPairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]));
  const within = predictions.filter((judged) => {
    const other = partner.get(judged.truth);
    return other !== undefined && [judged.truth, other].includes(pick(judged));
  });
  return (
    within.filter((judged) => pick(judged) === judged.truth).length / Math.max(within.length, 1)
  );
}
