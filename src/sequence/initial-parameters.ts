import type { Random } from "../core/random.js";
import { glorotUniform, orthogonal } from "./initialisers.js";
import type { NetworkShape } from "./network-shape.js";
import { fromNamed, type GraphParameters, namedShapes, type Parameter } from "./parameters.js";

/**
 * Fresh parameters, as Keras makes them: kernels Glorot uniform (Glorot & Bengio 2010), recurrent kernels
 * orthogonal (Saxe et al. 2014), biases zero but for LSTM's forget gates', which are one (Jozefowicz et al. 2015).
 */
export function initialParameters(shape: NetworkShape, random: Random): GraphParameters {
  const named: Record<string, Parameter> = {};
  for (const [name, dims] of namedShapes(shape)) {
    const source = random.fork(name);
    const [rows = 1, columns = 1] = dims;
    const data = new Float32Array(rows * columns);
    const isForgetful = shape.cell === "lstm" && name.startsWith("layer");
    if (name.endsWith("ecurrentKernel")) orthogonal(data, rows, columns, source);
    else if (name.endsWith("ernel")) glorotUniform(data, rows, columns, source);
    else if (isForgetful) data.fill(1, shape.hidden, 2 * shape.hidden);
    named[name] = { shape: dims, data };
  }
  return fromNamed(shape, named);
}
