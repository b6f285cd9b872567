import { openContentStore } from "../core/content-store.js";
import type { LongCallOptions } from "../core/progress.js";
import { keepRanges, keptRanges, notCalibrated } from "../features/calibration.js";
import type { ActivationRanges } from "../features/cnn-choice.js";
import { resolveCnn } from "../features/resolve-cnn.js";
import type { StreamName } from "../features/streams/feature-stream.js";
import type { VideoSettings } from "./feature-stage.js";
import type { Ground } from "./ground.js";
import { mapVideos, progressOptions } from "./map-videos.js";

/** Videos that a network's ranges for int8 may be measured on. */
export interface CalibrationVideos {
  readonly paths: readonly string[];
  /**
   * What decides the ranges, where others that are in the cache must not stand in for them. Without it the ranges
   * of a network are those of the first run that used it, so that a video's features do not depend on its company.
   */
  readonly among?: unknown;
}

/** Finds them; asked only where ranges are needed. */
export type ChooseCalibrationVideos = (ground: Ground) => Promise<CalibrationVideos>;

/** Videos that are looked at, spread over those given, and frames of each. */
const calibrationVideos = 16;
const framesEach = 4;

/**
 * Fills in the ranges of a network that is to compute in int8 and brings none: from the cache, else measured on
 * frames of some of the videos.
 *
 * @throws MuybridgeError ERR_USAGE where there are no videos; the first video's error where none decodes.
 */
export async function calibrate(
  settings: VideoSettings,
  choose: ChooseCalibrationVideos,
  ground: Ground,
  options: LongCallOptions,
): Promise<VideoSettings> {
  if (settings.cnn.precision !== "int8") return settings;
  const cnn = await resolveCnn(settings.cnn);
  if (cnn.ranges) return settings;
  const store = openContentStore(ground.cache.directory);
  const { paths, among: company } = await choose(ground);
  // Differences of frames take other ranges, so that both kinds of pictures are looked at.
  const sees: readonly StreamName[] = settings.streams.includes("difference")
    ? ["rgb", "difference"]
    : ["rgb"];
  const among = sees.length > 1 ? { sees, company } : company;
  const ranges =
    (await keptRanges(store, cnn, among)) ??
    (await measure({ ...settings, streams: sees }, paths, ground, options));
  await keepRanges(store, cnn, ranges, among);
  return { ...settings, cnn: { ...settings.cnn, ranges } };
}

async function measure(
  { decoder, fit, cnn, streams }: VideoSettings,
  paths: readonly string[],
  { cache, pool }: Ground,
  options: LongCallOptions,
): Promise<ActivationRanges> {
  const chosen = spread(paths, calibrationVideos);
  const plan = { count: framesEach };
  const outcomes = mapVideos(
    chosen.map((name) => ({ name })),
    ({ name: path }) => {
      const task = { path, decoder, fit, cnn, plan, streams, cacheDir: cache.directory };
      return pool.run("measureRanges", task, path, options.signal);
    },
    progressOptions("calibrate", chosen.length, { pool }, options),
  );
  const parts = [];
  let failure: Error | undefined;
  for await (const outcome of outcomes) {
    if ("error" in outcome) failure ??= outcome.error;
    else parts.push(outcome.value.ranges);
  }
  if (parts.length === 0) throw failure ?? notCalibrated(cnn.cnn);
  // Late, as in calibration.ts.
  const { joinRanges } = await import("../features/quantise/measure-ranges.js");
  return joinRanges(parts);
}

/** At most so many of them, evenly spread: the first ones may all be of one kind. */
export function spread<T>(all: readonly T[], most: number): T[] {
  const n = Math.min(all.length, most);
  return Array.from({ length: n }, (_, i) => all[Math.floor((i * all.length) / n)]!);
}
