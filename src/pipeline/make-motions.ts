import {
  type MakeMotionsOptions,
  type MotionsDataset,
  makeMotions,
} from "../../datasets/motions/make-motions.js";
import { openWorkerPool, type WorkerPoolOptions } from "./worker-pool.js";

/** Makes the motions data set in child processes, one clip each at a time. See {@link makeMotions}. */
export async function makeMotionsInParallel(
  directory: string,
  options: Omit<MakeMotionsOptions, "render"> & WorkerPoolOptions = {},
): Promise<MotionsDataset> {
  const { jobs, timeout } = options;
  await using pool = openWorkerPool({
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
  });
  return makeMotions(directory, {
    ...options,
    jobs: 2 * pool.jobs,
    render: async (plan, path, signal) => {
      await pool.run("renderClip", { plan, path }, path, signal);
    },
  });
}
