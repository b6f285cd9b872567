import { fileURLToPath } from "node:url";
import { findPython } from "./find-python.mjs";
import { measureCommand } from "./measured-command.mjs";

const versions =
  "import platform, torch; print('Python', platform.python_version() + ', torch', torch.__version__)";

/**
 * Ways to run the network in torch, as bench/peer/recurrent.py knows them, the one that is compared with first.
 * Two threads of Debian's OpenBLAS and those of torch's own share one number.
 */
export const settings = /** @type {const} */ ([
  "padded",
  "padded batch_first",
  "padded jit",
  "packed",
  "packed foreach",
  "packed no-onednn",
  "packed denormals",
]);

/** @param {string | undefined} python the one to use, instead of those on the machine */
export function findTorch(python) {
  const debian = "python3-torch libopenblas0-pthread";
  return findPython(python, { versions, packages: "torch", debian });
}

/**
 * Runs a script of bench/peer and reads the JSON that it prints.
 *
 * @param {string} python
 * @param {string} script
 * @param {readonly string[]} args
 * @param {number} threads of torch and of its BLAS
 */
export async function runPeer(python, script, args, threads) {
  const path = fileURLToPath(new URL(`peer/${script}`, import.meta.url));
  const count = String(threads);
  const { stdout } = await measureCommand(python, [path, ...args], {
    // Some machines set these for old kernels of OpenBLAS; the peer is to choose the fastest.
    OPENBLAS_CORETYPE: undefined,
    OPENBLAS_L2_SIZE: undefined,
    OPENBLAS_NUM_THREADS: count,
    OMP_NUM_THREADS: count,
    // Waiting threads of torch's that spin take the cores from those of its BLAS: steps would take five times as long.
    OMP_WAIT_POLICY: "PASSIVE",
    GOMP_SPINCOUNT: "0",
  });
  return JSON.parse(stdout);
}
