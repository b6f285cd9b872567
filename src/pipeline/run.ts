import { openContentStore } from "../core/content-store.js";
import { messageOf } from "../core/errors.js";
import type { LongCallOptions } from "../core/progress.js";
import type { CnnChoice } from "../features/cnn-choice.js";
import { int8Speed } from "../features/int8-speed.js";
import type { Device } from "../onnx/devices.js";
import { type ChooseCalibrationVideos, calibrate } from "./calibrate.js";
import {
  type FeatureSettings,
  type FeatureStage,
  openFeatureStage,
  type VideoSettings,
} from "./feature-stage.js";
import type { FrameEncoding } from "./frame-encoding.js";
import type { Ground } from "./ground.js";
import { openSequenceStage } from "./sequence-stage.js";
import { openStageCache, type StageCache } from "./stage-cache.js";
import { openWorkerPool, type WorkerPool } from "./worker-pool.js";

/** Options of every call that turns videos into features. */
export interface RunOptions extends LongCallOptions {
  /** Processes that decode and compute. Default: one per core. */
  readonly jobs?: number;
  /** Seconds a video may take. Default 1800. */
  readonly timeout?: number;
  /** Bytes of memory a process may hold. Default: 4 GiB, or 80 % of a smaller machine's memory. */
  readonly maxMemory?: number;
  /** Default: MUYBRIDGE_CACHE_DIR, else the platform's cache directory + /muybridge. */
  readonly cacheDir?: string;
  /**
   * Keeps the sampled frames, too, so that another CNN of the same frame size needs no decoding: `lossless` gives the
   * same features, `webp` takes a fifth of the space and gives slightly other ones. Default: they are not kept.
   */
  readonly cacheFrames?: FrameEncoding;
  /** What computes the CNN, on the onnx engine. Default "cpu"; one that is not there is told, and the CPU computes. */
  readonly device?: Device;
  /** Told of what went on in spite of trouble: a damaged cache entry, a cache that cannot be written. */
  readonly onWarning?: (message: string) => void;
}

/** What such a call works with: the cache, the processes and the feature stage. */
export interface Run extends Ground, AsyncDisposable {
  readonly features: FeatureStage;
}

/**
 * Opens all three. Whoever opens it disposes of it, which ends the processes.
 *
 * @param calibration videos for a network in int8 whose ranges are not known; without them it is an error
 */
export async function openRun(
  settings: FeatureSettings,
  options: RunOptions,
  calibration?: ChooseCalibrationVideos,
): Promise<Run> {
  const { jobs, timeout, maxMemory, cacheDir, cacheFrames, device, signal } = options;
  const onWarning = options.onWarning && onceEach(options.onWarning);
  const cache = openStageCache({
    ...(cacheDir === undefined ? {} : { cacheDir }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  const pool = openWorkerPool({
    ...(jobs === undefined ? {} : { jobs }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxMemory === undefined ? {} : { maxMemory }),
    ...(onWarning === undefined ? {} : { onWarning }),
  });
  try {
    if (settings.kind === "sequence") {
      const features = openSequenceStage(settings, timeout === undefined ? {} : { timeout });
      return { cache, pool, features, [Symbol.asyncDispose]: () => end(cache, pool) };
    }
    const settled: VideoSettings = calibration
      ? await calibrate(settings, calibration, { cache, pool }, options)
      : settings;
    let timing: Promise<void> | undefined;
    const features = await openFeatureStage(settled, cache, pool, {
      // Not before the first video is done: what is cached needs no warning, and the network is prepared by then.
      onComputed() {
        if ((device ?? "cpu") === "cpu") {
          timing ??= warnWhereSlower(settled.cnn, cache.directory, onWarning);
        }
      },
      ...(device === undefined ? {} : { device }),
      ...(cacheFrames === undefined ? {} : { cacheFrames }),
      ...(signal === undefined ? {} : { signal }),
      ...(onWarning === undefined ? {} : { onWarning }),
    });
    const dispose = async (): Promise<void> => {
      await end(cache, pool);
      await timing;
    };
    return { cache, pool, features, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Every process says it; the user needs to hear it once. */
function onceEach(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return (message) => {
    if (!told.has(message)) tell(message);
    told.add(message);
  };
}

async function end(cache: StageCache, pool: WorkerPool): Promise<void> {
  await pool.close();
  await cache.close();
}

/** Tells where int8 takes longer than float32 on this processor: it then costs accuracy for nothing. */
async function warnWhereSlower(
  cnn: CnnChoice,
  directory: string,
  onWarning?: (message: string) => void,
): Promise<void> {
  if (cnn.precision !== "int8" || !onWarning) return;
  try {
    const { int8, float32 } = await int8Speed(cnn, openContentStore(directory));
    if (int8 <= float32) return;
    const ratio = (int8 / float32).toFixed(1);
    onWarning(`${cnn.cnn} takes ${ratio} times as long in int8 as in float32 on this processor.`);
  } catch (error) {
    onWarning(`int8 could not be timed against float32: ${messageOf(error)}`);
  }
}
