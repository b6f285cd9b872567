import { execFileSync } from "node:child_process";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "./temporary-directory.js";

/** A file system of this many bytes until the test has ended; undefined, and said so, where none can be made. */
export async function smallDisk(bytes: number): Promise<string | undefined> {
  const directory = await temporaryDirectory();
  try {
    if (process.platform !== "linux") throw new Error("it is made on Linux alone");
    const how = ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory];
    execFileSync("mount", how, { stdio: "pipe" });
  } catch (error) {
    console.warn(`SKIPPED: a full disk. A tmpfs cannot be mounted: ${String(error)}`);
    return undefined;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  return directory;
}
