import type { NetworkEngine } from "../network-engine.js";
import type { NetworkShape } from "../network-shape.js";

/** A network as it is trained, and what computes it. */
export interface TrainedNetwork {
  readonly shape: NetworkShape;
  readonly dropout: number;
  readonly inputDropout: number;
  readonly engine: NetworkEngine;
}
