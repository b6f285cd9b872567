import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { measureCommand } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const script = fileURLToPath(new URL("peer/extract.py", import.meta.url));

/** Where to look for a Python that has the peer's packages: Debian's own comes last, since another may hide it. */
const pythons = ["python3", "/usr/bin/python3"];

/** Prints the versions of the packages, one line. */
const versions =
  "import platform, av, torch, torchvision; print('Python', platform.python_version() + ', PyAV', av.__version__ + ', torch', torch.__version__)";

/**
 * Finds a Python that has PyAV and torch; without one, says what to install.
 *
 * @param {string | undefined} python the one to use, instead of those on the machine
 * @returns {{ python: string, versions: string } | undefined}
 */
export function findPeer(python) {
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
    `The Python peer needs PyAV and torch, which ${candidates.join(" and ")} cannot import. On Debian: apt-get install python3-av python3-torch python3-torchvision libopenblas0-pthread`,
  );
  return undefined;
}

/**
 * Runs the peer on clips and measures it.
 *
 * @param {string} python
 * @param {readonly string[]} args
 */
export function measurePeer(python, args) {
  // Some machines set these for old kernels of OpenBLAS; the peer is to choose the fastest.
  const env = { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };
  return measureCommand(python, [script, ...args], env);
}
