import { execFileSync } from "node:child_process";
import { say } from "./videos.mjs";

/** Where to look for a Python that has a peer's packages: Debian's own comes last, since another may hide it. */
const pythons = ["python3", "/usr/bin/python3"];

/**
 * Finds a Python that can run a peer; without one, says what to install.
 *
 * @param {string | undefined} python the one to use, instead of those on the machine
 * @param {{ versions: string, packages: string, debian: string }} peer `versions` is Python that prints the versions of
 *   the packages, one line
 * @returns {{ python: string, versions: string } | undefined}
 */
export function findPython(python, { versions, packages, debian }) {
  const candidates = python === undefined ? pythons : [python];
  for (const candidate of candidates) {
    try {
      const said = execFileSync(candidate, ["-c", versions], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { python: candidate, versions: said.toString().trim() };
    } catch {
      // The next one may have them.
    }
  }
  say(
    `The Python peer needs ${packages}, which ${candidates.join(" and ")} cannot import. On Debian: apt-get install ${debian}`,
  );
  return undefined;
}
