#!/usr/bin/env node
import { runCli } from "./run-cli.js";

// Whoever reads our output may have had enough (`| head`): that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

process.exitCode = await runCli(process.argv.slice(2));
