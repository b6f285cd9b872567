import type { LongCallOptions } from "../core/progress.js";
import type { Device } from "../onnx/devices.js";
import { type FeatureSettings, type FeatureStage, openFeatureStage } from "./feature-stage.js";
import { openStageCache, type StageCache } from "./stage-cache.js";
import { openWorkerPool, type WorkerPool } from "./worker-pool.js";

/** Options of every call that turns videos into features. */
export interface RunOptions extends LongCallOptions {
  /** Processes that decode and compute. Default: one per core. */
  readonly jobs?: number;
  /** Seconds a video may take. Default 1800. */
  readonly timeout?: number;
  /** Default: MUYBRIDGE_CACHE_DIR, else the platform's cache directory + /muybridge. */
  readonly cacheDir?: string;
  /** What computes the CNN, on the onnx engine. Default "cpu"; one that is not there is told, and the CPU computes. */
  readonly device?: Device;
  /** Told of what went on in spite of trouble: a damaged cache entry, a cache that cannot be written. */
  readonly onWarning?: (message: string) => void;
}

/** What such a call works with: the cache, the processes and the feature stage. */
export interface Run extends AsyncDisposable {
  readonly cache: StageCache;
  readonly pool: WorkerPool;
  readonly features: FeatureStage;
}

/** Opens all three. Whoever opens it disposes of it, which ends the processes. */
export async function openRun(settings: FeatureSettings, options: RunOptions): Promise<Run> {
  const { jobs, timeout, cacheDir, device, onWarning } = options;
  const cache = openStageCache({
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  const pool = openWorkerPool({
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  return {
    cache,
    pool,
    features: await openFeatureStage(settings, cache, pool, {
      ...(device === undefined ? {} : { device }),
      ...(onWarning === undefined ? {} : { onWarning }),
    }),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}
