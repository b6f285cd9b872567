import type { OnnxSession } from "../../onnx/session.js";
import type { NetworkShape } from "../network-shape.js";

/** What computes a training. */
export interface TrainingEngine {
  readonly shape: NetworkShape;
  readonly dropout: number;
  readonly inputDropout: number;
  readonly train: OnnxSession;
  readonly evaluate: OnnxSession;
}
