import { createDifferenceStream } from "./difference-stream.js";
import type { StreamCnn, StreamName, StreamSource } from "./feature-stream.js";
import { createFlowStreams, type FlowStreamName } from "./flow-streams.js";
import { createRgbStream } from "./rgb-stream.js";

/** The streams that see through the CNN. */
const cnnStreams = { rgb: createRgbStream, difference: createDifferenceStream } as const;

const isOfFlow = (name: StreamName): name is FlowStreamName => !(name in cnnStreams);

/** Whether any of the streams sees through the CNN. */
export function needsCnn(names: readonly StreamName[]): boolean {
  return !names.every(isOfFlow);
}

/**
 * Opens what tells streams, in their order. One CNN serves all of them; it belongs to the caller.
 *
 * @param names in the order of `streamNames`
 * @param openCnn called where one of them {@link needsCnn}
 */
export async function openStreams(
  names: readonly StreamName[],
  openCnn: () => Promise<StreamCnn>,
): Promise<StreamSource[]> {
  const sources: StreamSource[] = [];
  for (const name of names) {
    if (!isOfFlow(name)) sources.push(cnnStreams[name](await openCnn()));
  }
  const ofFlow = names.filter(isOfFlow);
  if (ofFlow.length > 0) sources.push(createFlowStreams(ofFlow));
  return sources;
}
