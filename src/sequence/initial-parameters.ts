import type { Random } from "../core/random.js";
import { initialisers } from "./initialisers.js";
import type { Start } from "./network-options.js";
import type { NetworkShape } from "./network-shape.js";
import { fromNamed, type GraphParameters, namedShapes, type Parameter } from "./parameters.js";

/** How parameters start where nothing else is said. */
const usualStart: Start = {
  kernelInitialiser: "glorot",
  recurrentInitialiser: "orthogonal",
  unitForgetBias: true,
};

/**
 * Fresh parameters, unless told otherwise as Keras makes them: kernels Glorot uniform (Glorot & Bengio 2010), recurrent kernels
 * orthogonal (Saxe et al. 2014), biases zero but for LSTM's forget gates', which are one (Jozefowicz et al. 2015).
 */
export function initialParameters(
  shape: NetworkShape,
  random: Random,
  start: Start = usualStart,
): GraphParameters {
  const kernel = initialisers[start.kernelInitialiser];
  const recurrent = initialisers[start.recurrentInitialiser];
  const named: Record<string, Parameter> = {};
  for (const [name, dims] of namedShapes(shape)) {
    const source = random.fork(name);
    const [rows = 1, columns = 1] = dims;
    const data = new Float32Array(rows * columns);
    const isForgetful = start.unitForgetBias && shape.cell === "lstm" && name.startsWith("layer");
    if (name.endsWith("ecurrentKernel")) recurrent(data, rows, columns, source);
    else if (name.endsWith("ernel")) kernel(data, rows, columns, source);
    else if (isForgetful) data.fill(1, shape.hidden, 2 * shape.hidden);
    named[name] = { shape: dims, data };
  }
  return fromNamed(shape, named);
}
