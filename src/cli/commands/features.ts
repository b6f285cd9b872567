import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { writeFileAtomically } from "../../core/atomic-file.js";
import {
  addFeatureOptions,
  addRunOptions,
  addTalkOptions,
  type CommandContext,
  type FeatureOptions,
  featureChoices,
  type JobOptions,
  runOptions,
} from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { outputNames } from "../output-names.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions, FeatureOptions, JobOptions {
  readonly out: string;
  readonly allFiles?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Turn videos into feature vectors: one DIR/<name>.safetensors a video.")
    .argument("<video...>", "videos, directories, patterns, @list.txt or images:DIR")
    .requiredOption("--out <dir>", "directory to write to")
    .option("--all-files", "take every file of a directory, whatever its extension")
    .option("--json", "print a line of JSON a video")
    .addHelpText("after", "\nExample:\n  muybridge features clips/ --out features/");
  addTalkOptions(addRunOptions(addFeatureOptions(command))).action(
    async (inputs: string[], options: Options) => {
      const [{ expandInputs }, { openRun }, { mapVideos, progressOptions }, stage, rows] =
        await Promise.all([
          import("../../pipeline/inputs.js"),
          import("../../pipeline/run.js"),
          import("../../pipeline/map-videos.js"),
          import("../../pipeline/feature-stage.js"),
          import("../../pipeline/stream-rows.js"),
        ]);
      const reporter = context.openReporter(options);
      const paths = await expandInputs(inputs, { allFiles: options.allFiles ?? false });
      const run = runOptions(options, context, reporter);
      const settings = stage.chooseFeatureSettings(featureChoices(options));
      await using opened = await openRun(settings, run, async () => ({ paths }));
      const names = outputNames(paths, inputs);
      const work = mapVideos(
        paths.map((name) => ({ name })),
        async ({ name }) => {
          const digest = await opened.cache.contentDigest(name);
          return opened.features.clip(name, digest, context.signal);
        },
        progressOptions("features", paths.length, opened, run),
      );
      let index = 0;
      for await (const outcome of work) {
        const target = join(options.out, `${names[index++]!}.safetensors`);
        if ("error" in outcome) {
          const { code, message } = outcome.error;
          context.exit(exitCodes.someFailed);
          reporter.fail(`${code}: ${message}`);
          if (options.json) print({ path: outcome.name, error: { code, message } });
          continue;
        }
        const clip = outcome.value;
        await mkdir(dirname(target), { recursive: true });
        await writeFileAtomically(target, rows.encodeClipFeatures(clip));
        const { n, dimension, duration, cached, framesCached } = clip;
        if (options.json)
          print({
            path: outcome.name,
            out: target,
            frames: n,
            dimension,
            duration,
            cached: { frames: framesCached, features: cached },
          });
      }
      reporter.close();
    },
  );
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
