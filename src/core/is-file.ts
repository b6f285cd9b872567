import { stat } from "node:fs/promises";

/** Whether there is a regular file at a path, or a link to one. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
}
