import type { StageCache } from "./stage-cache.js";
import type { WorkerPool } from "./worker-pool.js";

/** What a run stands on: what earlier runs have computed, and processes to compute the rest. */
export interface Ground {
  readonly cache: StageCache;
  readonly pool: WorkerPool;
}
