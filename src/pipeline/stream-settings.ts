import { MuybridgeError } from "../core/errors.js";
import { differenceParameters } from "../features/streams/difference-stream.js";
import { type StreamName, streamNames } from "../features/streams/feature-stream.js";
import type { SamplingPlan } from "../frames/decoder.js";

/** The streams where none are chosen. */
export const defaultStreams: readonly StreamName[] = ["rgb"];

/**
 * Whether choices ask for a plan that decodes few frames: it leaves the frames' own stream alone where none is chosen.
 */
export function decodesFewFrames({
  keyframes,
  every,
}: {
  readonly keyframes?: true;
  readonly every?: number;
}): boolean {
  return keyframes === true || every !== undefined;
}

/**
 * Brings chosen streams into their order.
 *
 * @throws MuybridgeError ERR_USAGE for a name that is none or comes twice, no name at all, and for streams that the
 * sampling plan has no frames for.
 */
export function chooseStreams(
  chosen: readonly StreamName[] = defaultStreams,
  plan: SamplingPlan,
): readonly StreamName[] {
  const streams = streamNames.filter((name) => chosen.includes(name));
  if (streams.length === 0 || streams.length !== chosen.length) {
    throw refuse(
      `streams must be some of ${streamNames.join(", ")}, each once; they are "${chosen.join(",")}".`,
    );
  }
  checkStreams(streams, plan);
  return streams;
}

/**
 * Checks that a sampling plan has frames for streams.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function checkStreams(streams: readonly StreamName[], plan: SamplingPlan): void {
  if (!streams.includes("difference")) return;
  if (plan.count !== undefined || plan.fps !== undefined) return;
  const way = plan.keyframes ? "keyframes are" : "every n-th frame is";
  throw refuse(
    `The stream difference compares frames ${differenceParameters.gap} s apart, of which one or both would be missing where only ${way} taken. Sample by count or fps, or leave that stream out.`,
  );
}

function refuse(message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { parameter: "streams" });
}
