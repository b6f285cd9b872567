import type { ContentStore } from "../core/content-store.js";
import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { ActivationRanges, CnnChoice } from "./cnn-choice.js";
import type { RangeMeter } from "./quantise/measure-ranges.js";
import { type ResolvedCnn, resolveCnn } from "./resolve-cnn.js";

/**
 * Fills in the ranges that int8 is laid out by: measured on `calibration`, or those the choice or the catalogue
 * brings, or those kept in the store by an earlier measurement. Choices of another precision need none.
 *
 * @param calibration uint8 RGB, row-major [n, inputSize, inputSize, 3]
 * @throws MuybridgeError ERR_USAGE where there are none of these, or frames for another precision.
 */
export async function calibrated(
  choice: CnnChoice,
  store: ContentStore,
  calibration?: Uint8Array,
): Promise<CnnChoice> {
  if (choice.precision !== "int8") {
    if (calibration === undefined) return choice;
    throw new MuybridgeError("ERR_USAGE", "calibration frames are for the precision int8 alone.", {
      parameter: "calibration",
    });
  }
  const cnn = await resolveCnn(choice);
  if (calibration) {
    await using meter = await openCnnMeter(choice, store);
    const ranges = await meter.measure(calibration);
    await keepRanges(store, cnn, ranges);
    return { ...choice, ranges };
  }
  if (cnn.ranges) return choice;
  const ranges = await keptRanges(store, cnn);
  if (!ranges) throw notCalibrated(cnn.id);
  return { ...choice, ranges };
}

/**
 * Opens the network of a choice for measuring its ranges.
 *
 * @throws MuybridgeError as `openFeatureExtractor`.
 */
export async function openCnnMeter(choice: CnnChoice, store: ContentStore): Promise<RangeMeter> {
  // Late, since every run asks for ranges, and hardly any measures them.
  const [{ floatNetwork }, { openRangeMeter }] = await Promise.all([
    import("./onnx-extractor.js"),
    import("./quantise/measure-ranges.js"),
  ]);
  return openRangeMeter(await floatNetwork(await resolveCnn(choice), store));
}

/** Says what to do where a network's ranges are not known. */
export function notCalibrated(id: string): MuybridgeError {
  return new MuybridgeError(
    "ERR_USAGE",
    `The ranges that ${id} takes in int8 are not known. Give frames to measure them on (calibration), or run muybridge train or features with this network and --precision int8, which measure them on its videos.`,
    { path: id, parameter: "calibration" },
  );
}

/** Ranges that were measured before; `among` as they were kept with. Undefined where there are none. */
export async function keptRanges(
  store: ContentStore,
  cnn: ResolvedCnn,
  among?: unknown,
): Promise<ActivationRanges | undefined> {
  const kept = await store.get(rangesKey(cnn, among)).catch(() => undefined);
  return kept && (JSON.parse(Buffer.from(kept.data).toString()) as ActivationRanges);
}

/**
 * Keeps ranges with the network in float32 that they were measured on.
 *
 * @param among what they were measured on, where that matters; ranges kept without it serve all
 */
export async function keepRanges(
  store: ContentStore,
  cnn: ResolvedCnn,
  ranges: ActivationRanges,
  among?: unknown,
): Promise<void> {
  await store.put(rangesKey(cnn, among), JSON.stringify(ranges), {}).catch(() => undefined);
}

function rangesKey({ floatDigest }: ResolvedCnn, among: unknown): string {
  return `cnn-ranges:${digestOf({ cnn: floatDigest, among })}`;
}
