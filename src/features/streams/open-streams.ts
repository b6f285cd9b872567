import { createDifferenceStream } from "./difference-stream.js";
import type { FeatureStream, StreamCnn, StreamName } from "./feature-stream.js";
import { createMotionStream } from "./motion-stream.js";
import { createRgbStream } from "./rgb-stream.js";

/** The streams that see through the CNN. */
const cnnStreams = { rgb: createRgbStream, difference: createDifferenceStream } as const;

/** Whether any of the streams sees through the CNN. */
export function needsCnn(names: readonly StreamName[]): boolean {
  return names.some((name) => name !== "motion");
}

/**
 * Opens streams, by their names and in that order. One CNN serves all of them; it belongs to the caller.
 *
 * @param openCnn called where one of them {@link needsCnn}
 */
export async function openStreams(
  names: readonly StreamName[],
  openCnn: () => Promise<StreamCnn>,
): Promise<FeatureStream[]> {
  const streams: FeatureStream[] = [];
  for (const name of names) {
    streams.push(name === "motion" ? createMotionStream() : cnnStreams[name](await openCnn()));
  }
  return streams;
}
