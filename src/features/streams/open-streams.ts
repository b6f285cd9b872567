import { createDifferenceStream } from "./difference-stream.js";
import { isOfFlow, type StreamCnn, type StreamName, type StreamSource } from "./feature-stream.js";
import { createFlowStreams } from "./flow-streams.js";
import { createRgbStream } from "./rgb-stream.js";

/** The streams that see through the CNN. */
const cnnStreams = { rgb: createRgbStream, difference: createDifferenceStream } as const;

/**
 * Opens what tells streams, in their order. One CNN serves all of them; it belongs to the caller.
 *
 * @param names in the order of `streamNames`
 * @param openCnn called where one of them sees through it
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
