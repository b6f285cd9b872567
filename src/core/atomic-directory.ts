import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Writes a directory of files so that, but for the moment between two renames, it is the old one or the new one as
 * a whole, never a part of either.
 *
 * @param files contents by name
 */
export async function writeDirectoryAtomically(
  directory: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  const target = resolve(directory);
  const beside = (kind: string): string =>
    join(dirname(target), `.${basename(target)}.${kind}-${randomUUID()}`);
  const fresh = beside("new");
  const old = beside("old");
  await mkdir(fresh, { recursive: true });
  try {
    for (const [name, content] of Object.entries(files))
      await writeFile(join(fresh, name), content);
    // Two renames, since a directory cannot be replaced in one.
    const replaced = await rename(target, old).then(
      () => true,
      () => false,
    );
    await rename(fresh, target);
    if (replaced) await rm(old, { recursive: true, force: true });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
