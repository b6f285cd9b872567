import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** A new directory for all tests of the file that calls this; it is removed after them. */
export function sharedDirectory(): string {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), "muybridge-test-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
