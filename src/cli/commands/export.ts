import { type Command, Option } from "commander";
import type { ExportFormat } from "../../pipeline/export/export-model.js";
import { addTalkOptions, type CommandContext } from "../command.js";
import type { TalkOptions } from "../reporter.js";

interface Options extends TalkOptions {
  readonly format: ExportFormat;
  readonly out: string;
  readonly withCnn?: boolean;
  readonly json?: boolean;
}

export function define(command: Command, context: CommandContext): void {
  command
    .description("Write a model in a form that other programs run.")
    .argument("<model>", "model directory")
    .addOption(
      new Option("--format <format>", "one ONNX file, or a directory of TensorFlow.js")
        .choices(["onnx", "tfjs"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <path>", "file (onnx) or directory (tfjs) to write")
    .option(
      "--with-cnn",
      "put the CNN in front, so that the file takes frames (onnx; of the stream rgb alone)",
    )
    .option("--json", "print what was written as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  muybridge export model/ --format onnx --with-cnn --out model.onnx",
    );
  addTalkOptions(command).action(async (directory: string, options: Options) => {
    const [{ checkExportTarget, exportModel }, { openModel }] = await Promise.all([
      import("../../pipeline/export/export-model.js"),
      import("../../pipeline/model.js"),
    ]);
    const { format, out, withCnn = false } = options;
    await checkExportTarget({ format, out, withCnn });
    const reporter = context.openReporter(options);
    await using model = await openModel(directory);
    await exportModel(model, { format, out, withCnn });
    reporter.close();
    process.stdout.write(
      options.json
        ? `${JSON.stringify({ model: model.digest, format, out, withCnn, classes: model.classes })}\n`
        : `${out}\n`,
    );
  });
}
