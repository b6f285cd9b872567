import { openContentStore } from "../core/content-store.js";
import { MuybridgeError } from "../core/errors.js";
import type { CnnChoice } from "../features/cnn-choice.js";
import { type CnnDescription, knownCnn } from "../features/describe-cnn.js";
import type { Ground } from "./ground.js";

/** Codes of a process that had to be ended or died, which of a network mean that it is not to be used. */
const endings: ReadonlySet<string> = new Set([
  "ERR_TIMEOUT",
  "ERR_TOO_LARGE",
  "ERR_DECODER_CRASHED",
]);

/**
 * Describes a network. One that has to be opened for it is opened in a process of the pool: its file may hold anything,
 * also what never ends or fills the memory.
 *
 * @throws MuybridgeError as `openFeatureExtractor`; ERR_MODEL_INVALID naming the file where its process
 * died or had to be ended; the signal's reason on abort.
 */
export async function describeInWorker(
  choice: CnnChoice,
  { cache, pool }: Ground,
  signal?: AbortSignal,
): Promise<CnnDescription> {
  const known = await knownCnn(choice, openContentStore(cache.directory));
  if (known) return known;
  const { cnn } = choice;
  try {
    return await pool.run("describe", { cnn: choice, cacheDir: cache.directory }, cnn, signal);
  } catch (error) {
    if (!(error instanceof MuybridgeError && endings.has(error.code))) throw error;
    const why = `The CNN ${cnn} cannot be used: ${error.message}`;
    throw new MuybridgeError("ERR_MODEL_INVALID", why, { path: cnn, cause: error });
  }
}
