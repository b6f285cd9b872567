import type { Command } from "commander";
import { addTalkOptions, type CommandContext } from "../command.js";
import { exitCodes } from "../exit-codes.js";
import { formatTable } from "../table.js";

export function define(command: Command, context: CommandContext): void {
  command
    .description("Tell what is there, what is missing, and how to get it.")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExample:\n  muybridge doctor");
  addTalkOptions(command).action(async (options: { json?: boolean }) => {
    const { examine } = await import("../../pipeline/examination.js");
    const findings = await examine();
    if (options.json) process.stdout.write(`${JSON.stringify(findings)}\n`);
    else {
      const rows = findings.map(({ part, ok, found, advice, optional }) => [
        ok ? "ok" : optional ? "not there" : "MISSING",
        part,
        advice === undefined ? found : `${found}\n${advice}`,
      ]);
      process.stdout.write(formatTable(["", "part", "found"], rows));
    }
    if (findings.some(({ ok, optional }) => !ok && !optional)) context.exit(exitCodes.failed);
  });
}
