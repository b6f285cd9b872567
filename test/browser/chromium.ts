import { spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

const programs = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** The Chromium on PATH, or undefined; says loudly what is not tested where there is none. */
export function findChromium(whatIsNotTested: string): string | undefined {
  const program = programs.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!program) {
    console.warn(`SKIPPED: ${whatIsNotTested}. No Chromium is on PATH (${programs.join(", ")}).`);
    return undefined;
  }
  return spawnSync("which", [program], { encoding: "utf8" }).stdout.trim() || undefined;
}

/** Starts it, without a window. Whoever starts it closes it. */
export function launchChromium(executablePath: string): Promise<Browser> {
  // Containers run as root, where Chromium's own sandbox is not to be had.
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}
