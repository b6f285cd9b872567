import { MuybridgeError } from "../core/errors.js";
import type { FeatureSettings } from "./feature-stage.js";
import { type Head, type HeadChoice, headChoices } from "./heads.js";
import { decodesFewFrames } from "./stream-settings.js";

/** Options of a training by which a caller says that a recurrent network is wanted. */
const networkOptions = [
  "preset",
  "rnn",
  "output",
  "engine",
  "hidden",
  "layers",
  "dropout",
  "epochs",
  "batchSize",
  "learningRate",
  "patience",
  "weightDecay",
  "optimizer",
  "schedule",
  "clip",
] as const;

/** What of a training's options says which head is wanted. */
export type HeadOptions = { readonly [Name in (typeof networkOptions)[number]]?: unknown } & {
  readonly head?: HeadChoice;
  readonly streams?: readonly string[];
  readonly keyframes?: true;
  readonly every?: number;
  readonly cnnEngine?: unknown;
};

/** Which head is wanted, and whether it and its streams are to be chosen. */
export interface WantedHead {
  /** The head; of "auto" what is taken where there is nothing to choose by. */
  readonly head: Exclude<Head, "meanpool">;
  /** What to choose from; undefined where all is said. */
  readonly choice?: HeadChoice;
  /** Whether all streams there are may be used. */
  readonly takesAllStreams: boolean;
}

/**
 * What a caller wants: an option of the network means a network, and a network alone the stream of the frames
 * themselves, as long as nothing else is said. Sequences that do not come from videos are for a network too.
 *
 * @throws MuybridgeError ERR_USAGE for a head that there is not, or that the other options are not for
 */
export function wantedHead(given: HeadOptions, kind: FeatureSettings["kind"]): WantedHead {
  const { head, streams } = given;
  const complain = (message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter: "head" });
  };
  if (head !== undefined && !headChoices.includes(head)) {
    complain(`head must be one of ${headChoices.join(", ")}; it is ${head}.`);
  }
  const option = networkOptions.find((name) => given[name] !== undefined);
  if (head === "linear" && option) {
    complain(`The head linear has no network, which ${option} is for; leave one of them out.`);
  }
  if (head === "ensemble" && (given.rnn === "meanpool" || given.output === "sequence")) {
    complain(
      "The head ensemble has a recurrent network that labels clips; leave out rnn meanpool, and output sequence.",
    );
  }
  if (head === "auto" && option) {
    complain(
      `The head is chosen with the network as usual, and ${option} is given; leave it out, or name the head.`,
    );
  }
  const chooses = kind === "video" && !option && head !== "recurrent";
  const takesAllStreams = chooses && streams === undefined && !decodesFewFrames(given);
  if (head === undefined || head === "auto") {
    return chooses
      ? { head: "recurrent", choice: "auto", takesAllStreams }
      : { head: "recurrent", takesAllStreams };
  }
  return takesAllStreams ? { head, choice: head, takesAllStreams } : { head, takesAllStreams };
}
