import { projectedSize } from "../sequence/block-projection.js";
import { topKAccuracy } from "../sequence/classification-metrics.js";
import { createNetwork } from "../sequence/network.js";
import { poolBlocks } from "../sequence/pooled-blocks.js";
import { logLoss } from "../sequence/probability-scores.js";
import { logMean, predictSoftmax } from "../sequence/softmax-layer.js";
import { fitStandardisation, standardise } from "../sequence/standardisation.js";
import type { FeatureBlock } from "./feature-blocks.js";
import type { Example } from "./fit-classifier.js";
import { fitRecurrent, recurrentOptions } from "./fit-recurrent.js";
import { type CandidateView, emphasisOf, type HeadCandidate } from "./head-candidates.js";
import { openLinearBlocks, usualPooling } from "./linear-blocks.js";
import { mirrorImages } from "./mirrored-blocks.js";
import { streamRecipe, streamSettings } from "./network-recipe.js";
import { fitRecurrentBlocks, projectParts } from "./recurrent-blocks.js";
import type { RunOptions } from "./run.js";

/** A candidate, and how it did on the clips of the folds that it had not learned from. */
export interface JudgedCandidate extends HeadCandidate {
  readonly accuracy: number;
  /** Nats. */
  readonly logLoss: number;
}

/** What a head and its streams were chosen from. */
export interface HeadSelection {
  readonly folds: number;
  /** Clips judged. */
  readonly n: number;
  readonly candidates: readonly JudgedCandidate[];
  /** Index of the one that was taken. */
  readonly chosen: number;
}

/** What is chosen by. */
export interface SelectionGround {
  readonly classes: readonly string[];
  /** What the clips' vectors are joined from. */
  readonly blocks: readonly FeatureBlock[];
  /** The fold of each example, from 0. */
  readonly folds: readonly number[];
  readonly candidates: readonly HeadCandidate[];
  readonly seed: number;
}

/** The network that candidates are tried with. */
const kind = { cell: "lstm", bidirectional: true } as const;

/** Epochs of a network in each fold: no clips are kept back to end its training. */
const epochs = 20;

/**
 * Judges candidates by cross-validation, each clip by what has learned from the other folds alone, and chooses the one with
 * the lowest log loss: it counts how sure a candidate was where it was wrong, and so tells more of a few clips than the
 * number that are right.
 */
export async function chooseHead(
  examples: readonly Example[],
  { classes, blocks, folds, candidates, seed }: SelectionGround,
  { signal, onProgress }: RunOptions = {},
): Promise<HeadSelection> {
  const count = 1 + folds.reduce((a, b) => Math.max(a, b), 0);
  const truth = examples.map(({ label }) => classes.indexOf(label));
  const told = candidates.map(() => Array<Float32Array>(examples.length));
  const pooling = usualPooling(blocks);
  const pooled = candidates.some(({ head }) => head !== "recurrent")
    ? examples.map(({ features }) => poolBlocks(features, pooling))
    : [];
  for (let fold = 0; fold < count; fold++) {
    signal?.throwIfAborted();
    onProgress?.({ stage: "choose", done: fold, total: count, unit: "folds" });
    const held = [...folds.keys()].filter((index) => folds[index] === fold);
    const rest = [...folds.keys()].filter((index) => folds[index] !== fold);
    const at = <Item>(items: readonly Item[], indices: readonly number[]): Item[] =>
      indices.map((index) => items[index]!);
    const fitLinear = lazily(() =>
      openLinearBlocks(at(pooled, rest), at(truth, rest), blocks, classes.length),
    );
    const linear = oncePerView((view) => {
      const layer = fitLinear()((block) => emphasisOf(view, block));
      return at(pooled, held).map((vector) => predictSoftmax(layer, vector));
    });
    const recurrent = oncePerView(({ streams }) => {
      const part = (indices: readonly number[]): Example[] =>
        at(examples, indices).map((clip) => keepBlocks(clip, blocks, streams));
      const chosen = blocks.filter(({ name }) => streams.includes(name));
      return byNetwork(part(rest), part(held), chosen, classes, {
        seed,
        ...(signal ? { signal } : {}),
      });
    });
    for (const [c, candidate] of candidates.entries()) {
      const results =
        candidate.head === "linear"
          ? linear(candidate)
          : candidate.head === "recurrent"
            ? await recurrent(candidate)
            : bothOf(linear(candidate), await recurrent(candidate));
      for (const [i, index] of held.entries()) told[c]![index] = results[i]!;
    }
  }
  onProgress?.({ stage: "choose", done: count, total: count, unit: "folds" });
  const judged = candidates.map((candidate, c) => ({
    ...candidate,
    accuracy: topKAccuracy(told[c]!, truth, 1),
    logLoss: logLoss(told[c]!, truth),
  }));
  return {
    folds: count,
    n: examples.length,
    candidates: judged,
    chosen: judged.reduce(
      (best, { logLoss }, c) => (logLoss < judged[best]!.logLoss ? c : best),
      0,
    ),
  };
}

/** A clip with the values of some blocks alone. */
export function keepBlocks<Clip extends Example>(
  clip: Clip,
  blocks: readonly FeatureBlock[],
  names: readonly string[],
): Clip {
  if (blocks.every(({ name }) => names.includes(name))) return clip;
  const width = blocks.reduce((sum, { dimension }) => sum + dimension, 0);
  const kept: number[] = [];
  let start = 0;
  for (const { name, dimension } of blocks) {
    if (names.includes(name)) for (let d = 0; d < dimension; d++) kept.push(start + d);
    start += dimension;
  }
  const steps = clip.features.length / width;
  const features = new Float32Array(steps * kept.length);
  for (let t = 0; t < steps; t++) {
    for (const [i, d] of kept.entries())
      features[t * kept.length + i] = clip.features[t * width + d]!;
  }
  return { ...clip, features };
}

function bothOf(linear: readonly Float32Array[], network: readonly Float32Array[]): Float32Array[] {
  return linear.map((each, index) => logMean(each, network[index]!));
}

/** What is made once, when it is first asked for. */
function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** What is made once for candidates that see the same. */
function oncePerView<Value>(make: (view: CandidateView) => Value) {
  const made = new Map<string, () => Value>();
  return (view: CandidateView): Value => {
    const name = [view.twice, ...view.streams].join();
    const own = made.get(name) ?? lazily(() => make(view));
    made.set(name, own);
    return own();
  };
}

async function byNetwork(
  training: readonly Example[],
  held: readonly Example[],
  blocks: readonly FeatureBlock[],
  classes: readonly string[],
  { seed, ...options }: Pick<RunOptions, "signal"> & { readonly seed: number },
): Promise<Float32Array[]> {
  const dimension = blocks.reduce((sum, block) => sum + block.dimension, 0);
  const standardisation = fitStandardisation(
    training.map(({ features }) => features),
    dimension,
  );
  const partsOf = (clips: readonly Example[]) => {
    const parts = clips.map(({ features }) => standardise(features, standardisation));
    return {
      x: parts.map(({ changes }) => changes),
      context: parts.map(({ context }) => context),
      y: clips.map(({ label }) => classes.indexOf(label)),
    };
  };
  const images = mirrorImages(training, blocks);
  const projection = fitRecurrentBlocks(partsOf(training), blocks);
  const data = projectParts(partsOf([...training, ...images]), projection);
  const judged = projectParts(partsOf(held), projection);
  const sizes = {
    classes,
    dimension: projectedSize(projection.changes),
    contextSize: projectedSize(projection.context),
  };
  const settings = { ...streamSettings, ...streamRecipe, epochs, seed };
  const { parameters } = await fitRecurrent(kind, data, undefined, sizes, settings, options, 1);
  await using network = createNetwork(recurrentOptions(kind, sizes, settings));
  network.setParameters(parameters);
  // Awaited here, as the network is closed when this returns.
  return await network.predict(judged.x, judged.context);
}
