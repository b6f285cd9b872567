import { fileURLToPath } from "node:url";
import { findPython } from "./find-python.mjs";
import { measureCommand } from "./measured-command.mjs";

const script = fileURLToPath(new URL("peer/extract.py", import.meta.url));

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
  const debian = "python3-av python3-torch python3-torchvision libopenblas0-pthread";
  return findPython(python, { versions, packages: "PyAV and torch", debian });
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
