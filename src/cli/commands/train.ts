import { join, normalize } from "node:path";
import { type Command, Option } from "commander";
import { type SplitWay, splitWays } from "../../../datasets/splits.js";
import type { Model } from "../../pipeline/model.js";
import {
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  runOptions,
} from "../command.js";
import {
  addDatasetOptions,
  type DatasetFlags,
  datasetHelp,
  openNamedDataset,
} from "../dataset-flags.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable, percent } from "../table.js";
import { addTrainingOptions, type TrainingFlags, trainingOf } from "../training-flags.js";

/** Seconds of training that a crash may cost; shorter ones are not kept at all. */
const checkpointSeconds = 10;

interface Options extends TalkOptions, JobOptions, DatasetFlags, TrainingFlags {
  readonly out: string;
  readonly split?: SplitWay;
  readonly resume?: boolean;
  readonly from?: string;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description(
      "Train a model on labelled videos, or on sequences of vectors (.csv, .safetensors).",
    )
    .argument("<dataset>", datasetHelp)
    .requiredOption("--out <model>", "directory to write the model to")
    .option(
      "--resume",
      "go on with a training that was interrupted, kept beside the model as MODEL.training",
    )
    .option(
      "--from <model>",
      "learn from a model's clips, too, as far as their features are in the cache: the data set adds clips or classes to it",
    )
    .option("--json", "print the model's record as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  muybridge train clips/ --out model/\n  muybridge train more/ --from model/ --out model2/",
    );
  addTrainingOptions(command).addOption(
    new Option(
      "--split <how>",
      "official: the data set's own; groups: whole groups, whatever it says; random: clip by clip (default: its own, else by groups)",
    ).choices(splitWays),
  );
  addTalkOptions(addRunOptions(addDatasetOptions(command))).action(
    async (name: string, options: Options) => {
      const [{ train }, { checkModelTarget }, kept] = await Promise.all([
        import("../../pipeline/train.js"),
        import("../../pipeline/model-directory.js"),
        import("../../pipeline/fitting-choices.js"),
      ]);
      await checkModelTarget(options.out);
      const reporter = context.openReporter(options);
      const directory = `${normalize(options.out).replace(/[/\\]+$/, "")}.training`;
      // What another training left there is of no use to one that begins anew.
      if (!options.resume) await kept.removeKeptTraining(directory);
      await using from = options.from === undefined ? undefined : await openFrom(options.from);
      await using model = await train(await openNamedDataset(name, options, reporter), {
        ...trainingOf(options),
        ...(options.split === undefined ? {} : { split: options.split }),
        ...(from ? { from } : {}),
        ...(options.resume === undefined ? {} : { resume: options.resume }),
        checkpoint: { directory, everySeconds: checkpointSeconds },
        reuse: options.out,
        ...runOptions(options, context, reporter),
      });
      reporter.close();
      await model.save(options.out);
      await kept.removeKeptTraining(directory);
      const [{ trainingReport }, { writeFileAtomically }, { selectionColumns, selectionRows }] =
        await Promise.all([
          import("../../pipeline/report/training-report.js"),
          import("../../core/atomic-file.js"),
          import("../../pipeline/report/selection-table.js"),
        ]);
      const report = join(options.out, "report.html");
      await writeFileAtomically(report, trainingReport(model));
      const { training, validation } = model.record;
      if (options.json) {
        process.stdout.write(
          `${JSON.stringify({ model: model.digest, out: options.out, ...model.record })}\n`,
        );
        return;
      }
      const { clips } = training.data;
      const { selection } = training;
      if (selection) {
        reporter.info(
          `chosen on ${selection.n} training and validation clips in ${selection.folds} folds of whole groups:\n${formatTable(selectionColumns, selectionRows(selection, percent)).trimEnd()}`,
        );
      }
      reporter.info(
        `${clips.train} training, ${clips.validation} validation and ${clips.test} test clips of ${model.classes.length} classes`,
      );
      if (validation) {
        reporter.info(
          `validation accuracy ${percent(validation.accuracy)}, mean-pool baseline ${percent(validation.meanPool)} (${validation.n} clips)`,
        );
      }
      reporter.info(`report: ${report}`);
      process.stdout.write(`${options.out}\n`);
    },
  );
}

async function openFrom(directory: string): Promise<Model> {
  const { openModel } = await import("../../pipeline/model.js");
  return openModel(directory);
}
