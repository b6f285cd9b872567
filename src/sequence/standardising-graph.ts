import { elementTypeNumbers, int64 } from "../onnx/tensor.js";
import { addMeanOverTime, type FeatureInput, float64 } from "./feature-input.js";
import { type Standardisation, stepDeviation } from "./standardisation.js";

const { float32: asFloat32 } = elementTypeNumbers;

/**
 * Adds what {@link standardise} does, in the double precision that it does it in: a value that hardly varies would
 * lose its digits in the difference from its mean.
 *
 * @returns `changes` float32 [batch, time, dimension] and `context` float32 [batch, dimension]
 */
export function addStandardisation(
  input: FeatureInput,
  { mean, deviation, changeDeviation }: Standardisation,
): { readonly changes: string; readonly context: string } {
  const { graph, values } = input;
  const own = addMeanOverTime(input);
  const vector = (numbers: Float32Array): string => graph.constant(float64(numbers));
  const changes = graph.node("Div", [graph.node("Sub", [values, own]), vector(changeDeviation)]);
  const flat = graph.node("Squeeze", [own, graph.constant(int64([1]))]);
  const context = graph.node("Div", [graph.node("Sub", [flat, vector(mean)]), vector(deviation)]);
  return {
    changes: graph.node("Cast", [changes], { to: { i: asFloat32 } }, "changes"),
    context: graph.node("Cast", [context], { to: { i: asFloat32 } }, "context"),
  };
}

/**
 * Adds what {@link standardiseSteps} does, in double precision as well.
 *
 * @returns float32 [batch, time, dimension]
 */
export function addStepStandardisation(
  { graph, values }: FeatureInput,
  standardisation: Standardisation,
): string {
  const centred = graph.node("Sub", [values, graph.constant(float64(standardisation.mean))]);
  const deviation = graph.constant(float64(stepDeviation(standardisation)));
  const scaled = graph.node("Div", [centred, deviation]);
  return graph.node("Cast", [scaled], { to: { i: asFloat32 } }, "steps");
}
