import type { Command } from "commander";
import {
  addJobOptions,
  addTalkOptions,
  type CommandContext,
  type JobOptions,
  wholeNumber,
} from "../command.js";
import {
  addDatasetOptions,
  type DatasetFlags,
  datasetHelp,
  openNamedDataset,
} from "../dataset-flags.js";
import { exitCodes } from "../exit-codes.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable } from "../table.js";

interface MakeOptions extends TalkOptions, JobOptions {
  readonly out: string;
  readonly clips?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

interface CheckOptions extends TalkOptions, DatasetFlags {
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Make and check data sets.")
    .addHelpText("after", "\nExample:\n  muybridge datasets make motions --out motions/");
  const make = command
    .command("make")
    .description("Make a data set: motions, acting figures drawn and encoded as video.")
    .argument("<name>", "motions")
    .requiredOption("--out <dir>", "directory to write to")
    .option("--clips <n>", "clips a class (default: 60)", wholeNumber(1, 100_000))
    .option(
      "--seed <s>",
      "decides everything that is drawn (default: 1)",
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExample:\n  muybridge datasets make motions --out motions/ --clips 20",
    );
  addTalkOptions(addJobOptions(make)).action(async (name: string, options: MakeOptions) => {
    const { MuybridgeError } = await import("../../core/errors.js");
    if (name !== "motions") {
      throw new MuybridgeError(
        "ERR_USAGE",
        `There is no data set "${name}" to make; there is motions.`,
        {
          parameter: "name",
        },
      );
    }
    const { makeMotionsInParallel } = await import("../../pipeline/make-motions.js");
    const reporter = context.openReporter(options);
    const { clips, seed, jobs, timeout } = options;
    const made = await makeMotionsInParallel(options.out, {
      ...(clips === undefined ? {} : { clipsPerClass: clips }),
      ...(seed === undefined ? {} : { seed }),
      ...(jobs === undefined ? {} : { jobs }),
      ...(timeout === undefined ? {} : { timeout }),
      signal: context.signal,
      onProgress: reporter.onProgress,
    });
    reporter.close();
    reporter.info(
      `${made.clips} clips of ${made.classes.length} classes${made.kept > 0 ? `, ${made.kept} of them kept` : ""}`,
    );
    process.stdout.write(options.json ? `${JSON.stringify(made)}\n` : `${made.directory}\n`);
  });
  const check = command
    .command("check")
    .description(
      "Look for what would spoil a training: unreadable or duplicate videos, leaks between the parts.",
    )
    .argument("<dataset>", datasetHelp)
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge datasets check clips/");
  addTalkOptions(addDatasetOptions(check)).action(async (name: string, options: CheckOptions) => {
    const [{ checkDataset }, { openStageCache }, { probeItem }] = await Promise.all([
      import("../../../datasets/check-dataset.js"),
      import("../../pipeline/stage-cache.js"),
      import("../../pipeline/probe-item.js"),
    ]);
    const reporter = context.openReporter(options);
    const cache = openStageCache({ onWarning: reporter.onWarning });
    const report = await checkDataset(await openNamedDataset(name, options, reporter), {
      probe: (path) => probeItem(path, cache),
      digest: (path) => cache.contentDigest(path),
      signal: context.signal,
      onProgress: reporter.onProgress,
    });
    await cache.close();
    reporter.close();
    if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else {
      const rows = report.classes.map((row) => [
        row.label,
        row.clips,
        row.train,
        row.validation,
        row.test,
        row.groups,
        row.medianSeconds.toFixed(1),
      ]);
      process.stdout.write(
        formatTable(["class", "clips", "train", "validation", "test", "groups", "median s"], rows),
      );
      for (const { severity, message } of report.findings)
        process.stdout.write(`${severity}: ${message}\n`);
      if (report.findings.length === 0)
        process.stdout.write("nothing found that would spoil a training\n");
    }
    if (report.findings.some(({ severity }) => severity === "error"))
      context.exit(exitCodes.failed);
  });
}
