import { Command, Option } from "commander";
import { MuybridgeError } from "../core/errors.js";
import type { Model } from "../pipeline/model.js";
import type { RunOptions } from "../pipeline/run.js";
import { addFeatureOptions, type FeatureOptions, featureChoices } from "./command.js";
import { datasetHelp, openNamedDataset } from "./dataset-flags.js";
import type { Reporter } from "./reporter.js";

/** What labels, beside the first argument: a few examples a class, and how they become features. */
export interface LabellerFlags extends FeatureOptions {
  readonly examples?: string;
  readonly save?: string;
}

/** Adds the arguments of a command that labels: a model and inputs, or inputs alone with --examples. */
export function addLabeller(command: Command): Command {
  command
    .usage(
      `[options] <model> <input...>\n       muybridge ${command.name()} [options] --examples <dataset> <input...>`,
    )
    .argument("[model]", "model directory; there is none with --examples")
    .argument(
      "[input...]",
      "videos, directories, patterns, @list.txt (@- is standard input) or images:DIR; for a model of sequences .csv or .safetensors files",
    )
    .option(
      "--examples <dataset>",
      `label without a model, by the nearest class mean of a few clips a class: ${datasetHelp}`,
    );
  command
    .optionsGroup("With --examples:")
    .addOption(new Option("--save <model>", "keep what the examples make as a model directory"));
  return addFeatureOptions(command).optionsGroup("Options:");
}

/** The model directory, where there is one, and the inputs, out of a command's arguments. */
export function namedIn(
  words: readonly string[],
  { examples }: LabellerFlags,
  command: Command,
): { readonly directory?: string; readonly inputs: string[] } {
  const [directory, ...rest] = words;
  const missing = (name: string): never =>
    command.error(`error: missing required argument '${name}'`);
  if (examples !== undefined) return { inputs: words.length > 0 ? [...words] : missing("input") };
  if (directory === undefined) return missing("model");
  return { directory, inputs: rest.length > 0 ? rest : missing("input") };
}

/**
 * Opens the model of a directory, or makes one of examples, and keeps it with --save. Whoever opens it closes it.
 *
 * @throws MuybridgeError of `openModel` and `modelFromExamples`; ERR_USAGE for options that only examples leave.
 */
export async function openLabeller(
  directory: string | undefined,
  flags: LabellerFlags,
  run: RunOptions,
  reporter: Reporter,
): Promise<Model> {
  const { examples, save } = flags;
  if (directory !== undefined) {
    refuseExampleOptions(flags);
    const { openModel } = await import("../pipeline/model.js");
    return openModel(directory);
  }
  const [{ modelFromExamples }, { checkModelTarget }] = await Promise.all([
    import("../pipeline/model-from-examples.js"),
    import("../pipeline/model-directory.js"),
  ]);
  if (save !== undefined) await checkModelTarget(save);
  const dataset = await openNamedDataset(examples!, {}, reporter);
  const model = await modelFromExamples(dataset, { ...choicesOf(flags), ...run });
  const { clips } = model.record.training.data;
  reporter.info(`${clips.train} examples of ${model.classes.length} classes`);
  if (save !== undefined) {
    await model.save(save);
    reporter.info(`model: ${save}`);
  }
  return model;
}

/** The options that go with examples alone. */
function exampleOptions(): readonly Option[] {
  return [new Option("--save <model>"), ...addFeatureOptions(new Command()).options];
}

function choicesOf(flags: LabellerFlags): ReturnType<typeof featureChoices> {
  const names = new Set(addFeatureOptions(new Command()).options.map((o) => o.attributeName()));
  return featureChoices(
    Object.fromEntries(Object.entries(flags).filter(([name]) => names.has(name))),
  );
}

/** How a model's videos become features, the model says. */
function refuseExampleOptions(flags: LabellerFlags): void {
  const given = exampleOptions().find(
    (option) => flags[option.attributeName() as keyof LabellerFlags] !== undefined,
  );
  if (!given) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${given.long} goes with --examples; how a model looks at videos is in the model.`,
    { parameter: given.attributeName() },
  );
}
