import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { measureCommand } from "./measured-command.mjs";
import { say } from "./videos.mjs";

/** Where to look for a Python that has torch: Debian's own comes last, since another may hide it. */
const pythons = ["python3", "/usr/bin/python3"];

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
  const candidates = python === undefined ? pythons : [python];
  for (const candidate of candidates) {
    try {
      const said = execFileSync(candidate, ["-c", versions], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      return { python: candidate, versions: said.toString().trim() };
    } catch {
      // The next one may have it.
    }
  }
  say(
    `The Python peer needs torch, which ${candidates.join(" and ")} cannot import. On Debian: apt-get install python3-torch libopenblas0-pthread`,
  );
  return undefined;
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
