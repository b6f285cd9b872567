import type { Dataset } from "../../datasets/dataset.js";
import { MuybridgeError } from "../core/errors.js";
import type { PlacedExample } from "./check-examples.js";
import { checkDatasetKind, videoChoice } from "./dataset-kind.js";
import type { FeatureChoices, FeatureSettings } from "./feature-stage.js";
import type { HeadChoice } from "./heads.js";
import type { IdentifiedItem } from "./identify-items.js";
import type { Model } from "./model.js";
import type { ModelRecord } from "./model-record.js";
import type { PlacedItems } from "./placed-run.js";
import type { PresetName } from "./presets.js";
import { type RememberedClip, rememberedClips } from "./remembered-clips.js";
import type { Run, RunOptions } from "./run.js";
import {
  type RecurrentKind,
  recurrentKind,
  recurrentKindNames,
  type TrainingSettings,
} from "./training-settings.js";

/** What a new training takes over from a model. */
export interface TrainingBase {
  readonly model: Model;
  /** The clips that are added, with the classes of both. */
  readonly dataset: Dataset;
  /** How the model's clips became features, and the new ones must. */
  readonly settings: FeatureSettings;
  /** Its head, or the kind and size of its network; nothing where it was chosen, not trained, or a preset says. */
  readonly network: Partial<TrainingSettings> & {
    readonly rnn?: RecurrentKind;
    readonly head?: HeadChoice;
  };
  readonly clips: readonly RememberedClip[];
}

/**
 * What clips that are added to a model are trained with.
 *
 * @throws MuybridgeError ERR_USAGE naming a choice of features, which are the model's; ERR_MODEL_MISMATCH where the model
 * takes videos and the data set holds sequences, or the reverse; ERR_MODEL_INVALID where it has clips of no class.
 */
export function trainingBase(
  model: Model,
  added: Dataset,
  choices: FeatureChoices & { readonly preset?: PresetName },
): TrainingBase {
  const chosen = videoChoice(choices);
  if (chosen !== undefined) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${chosen} is the model's to say, whose clips are learned from again: leave it out, or train anew without from.`,
      { parameter: chosen },
    );
  }
  checkDatasetKind(added, model.settings);
  const clips = rememberedClips(model.record);
  const stranger = clips.find(({ label }) => !model.classes.includes(label));
  if (stranger) {
    throw new MuybridgeError(
      "ERR_MODEL_INVALID",
      `The model has clips of ${stranger.label}, which is none of its classes; take it as it was trained.`,
      { parameter: "clips" },
    );
  }
  const classes = [...new Set([...model.classes, ...added.classes])].sort();
  return {
    model,
    dataset: { ...added, classes },
    settings: model.settings,
    network: choices.preset === undefined ? networkOf(model.record) : {},
    clips,
  };
}

/**
 * The training and validation clips of the model that the data set does not hold, with the features that the cache has of
 * them. How many it has not is told.
 *
 * @throws MuybridgeError ERR_DATASET_INVALID naming the classes of the model that no training clip is left of.
 */
export async function recallClips(
  { model, dataset }: TrainingBase,
  { identified, absent, assignment }: PlacedItems,
  run: Run,
  { signal, onWarning }: RunOptions,
): Promise<PlacedExample[]> {
  const wanted = absent.filter(({ side }) => side !== "test");
  const recalled: PlacedExample[] = [];
  for (const { digest, content, label, side, span, group } of wanted) {
    signal?.throwIfAborted();
    const kept = await run.features.kept(content, span);
    if (!kept) continue;
    const { features, dimension } = kept;
    const clip = { name: digest, digest, content, label, split: side, features, dimension };
    recalled.push({ ...clip, ...(group === undefined ? {} : { group }) });
  }
  const present = identified.items.filter((_, index) => assignment.splits[index] === "train");
  const learned = recalled.filter(({ split }) => split === "train");
  const left = new Set([...present, ...learned].map(({ label }) => label));
  const advice = `add them to ${dataset.name}, or train where the cache is that holds their features`;
  const without = model.classes.filter((label) => !left.has(label));
  if (without.length > 0) {
    throw new MuybridgeError(
      "ERR_DATASET_INVALID",
      `No training clip is left of ${without.join(", ")}: the model's are not in the cache; ${advice}.`,
      { path: dataset.name },
    );
  }
  const lost = wanted.length - recalled.length;
  if (lost > 0) {
    onWarning?.(
      `${lost} of the ${wanted.length} clips that the model was trained with are not in the cache, and are left out; to learn from them again, ${advice}.`,
    );
  }
  return recalled;
}

/** All clips that a model of this training remembers, in the order of their sides in the assignment. */
export function placedClips({
  identified,
  absent,
}: PlacedItems): readonly (IdentifiedItem | RememberedClip)[] {
  return [...identified.items, ...absent];
}

function networkOf({ head, network, training }: ModelRecord): TrainingBase["network"] {
  // A head that was chosen is chosen again.
  if (training.method !== undefined || training.selection) return {};
  if (head === "linear" || head === "ensemble") return { head };
  if (!network) return { rnn: "meanpool" };
  const { cell, bidirectional, hidden, layers, dropout } = network;
  const rnn = recurrentKindNames.find((name) => {
    const kind = recurrentKind(name);
    return kind?.cell === cell && kind.bidirectional === bidirectional;
  });
  return { hidden, layers, dropout, ...(rnn === undefined ? {} : { rnn }) };
}
