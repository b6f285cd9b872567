import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs-core";
import { float32, type OnnxTensor } from "../../onnx/tensor.js";
import type { Tfjs } from "../../tfjs/tensorflow.js";
import { loadTfjs } from "../../tfjs/tfjs-runtime.js";
import type { NetworkEngine } from "../network-engine.js";
import type { NetworkShape } from "../network-shape.js";
import {
  fromNamed,
  type GraphParameters,
  type Parameter,
  parameterShapes,
  toNamed,
} from "../parameters.js";
import { dropoutName, type GraphPurpose, gradientName } from "../training-graph.js";
import { type Batch, lossesOf, passHead, passLayers } from "./forward-pass.js";
import { createLayeredNetwork, type LayeredNetwork } from "./layered-network.js";

/** A network whose layers are made, and what is asked of it. */
interface Run {
  readonly tf: Tfjs;
  readonly shape: NetworkShape;
  readonly network: LayeredNetwork;
  readonly purpose: GraphPurpose;
  readonly feeds: Readonly<Record<string, OnnxTensor>>;
}

/**
 * A network on TensorFlow.js: its own recurrent layers, and gradients by its own differentiation, so that each engine
 * checks the other. The back end is chosen, and the layers made, at the first run. The shape must have passed
 * `checkEngine`.
 */
export function openTfjsEngine(shape: NetworkShape): NetworkEngine {
  let opened: Promise<Pick<Run, "tf" | "network">> | undefined;
  const close = async (): Promise<void> => {
    const layers = await opened?.catch(() => undefined);
    opened = undefined;
    layers?.network.dispose();
  };
  const compute = (run: Run): Promise<Record<string, OnnxTensor>> => {
    setParameters(run);
    if (run.purpose === "train") return differentiate(run, weightedLoss);
    if (run.purpose === "gradients") return differentiate(run, productWithGradients);
    return read(run.tf.tidy(() => (run.purpose === "states" ? states(run) : judge(run))));
  };
  return {
    name: "tfjs",
    async run(purpose, feeds, outputs) {
      opened ??= open(shape);
      const results = await compute({ ...(await opened), shape, purpose, feeds });
      return outputs ? written(results, outputs) : results;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function open(shape: NetworkShape): Promise<Pick<Run, "tf" | "network">> {
  const { tf } = await loadTfjs();
  // Late, as the runtime is.
  const tfLayers = await import("@tensorflow/tfjs-layers");
  return { tf, network: createLayeredNetwork(tf, tfLayers, shape) };
}

/** The shape of what a purpose is about: states and their gradients know no head. */
function partOf({ shape, purpose }: Run): NetworkShape {
  return purpose === "states" || purpose === "gradients" ? { ...shape, head: null } : shape;
}

function setParameters(run: Run): void {
  const { tf, network, feeds } = run;
  const part = partOf(run);
  const parameters: GraphParameters = {};
  for (const name of parameterShapes(part).keys()) {
    const { dims, data } = feeds[name]!;
    parameters[name] = { shape: dims, data: data as Float32Array };
  }
  tf.tidy(() => {
    for (const [name, { shape: dims, data }] of Object.entries(toNamed(part, parameters))) {
      network.variables.get(name)!.assign(tf.tensor(data, [...dims]));
    }
  });
}

function fed({ tf, feeds }: Run, name: string): Tensor {
  const { dims, data } = feeds[name]!;
  return tf.tensor(data as Float32Array, [...dims]);
}

function batchOf(run: Run): Batch {
  const { tf, shape, purpose } = run;
  const mask = fed(run, "mask");
  const seesContext = partOf(run).head !== null && shape.contextSize > 0;
  return {
    x: fed(run, "x"),
    mask,
    steps: tf.sum(mask, 0),
    context: seesContext ? fed(run, "context") : undefined,
    dropout:
      purpose === "train"
        ? Array.from({ length: shape.layers }, (_, layer) => fed(run, dropoutName(layer)))
        : undefined,
  };
}

function states(run: Run): Record<string, Tensor> {
  const { tf, shape, network } = run;
  return { states: passLayers(tf, shape, network, batchOf(run)).at(-1)!.states };
}

function judge(run: Run): { readonly logits: Tensor; readonly losses: Tensor } {
  const { tf, shape, network } = run;
  const batch = batchOf(run);
  const top = passLayers(tf, shape, network, batch).at(-1)!;
  const logits = passHead(tf, shape, network, top, batch);
  return { logits, losses: lossesOf(tf, shape, logits, fed(run, "targets")) };
}

function weightedLoss(run: Run): Scalar {
  const { tf } = run;
  return tf.sum(tf.mul(judge(run).losses, tf.squeeze(fed(run, "weights"), [1])));
}

/** Σ gradient · value: what has the given gradients of the states and last states. */
function productWithGradients(run: Run): Scalar {
  const { tf, shape, network } = run;
  const layers = passLayers(tf, shape, network, batchOf(run));
  const lasts = tf.concat(
    layers.map(({ last }) => last),
    1,
  );
  const ofStates = tf.sum(tf.mul(layers.at(-1)!.states, fed(run, "dStates")));
  return tf.add(ofStates, tf.sum(tf.mul(lasts, fed(run, "dLast"))));
}

/** A loss and its gradients, as the graphs give them. */
async function differentiate(
  run: Run,
  lossOf: (run: Run) => Scalar,
): Promise<Record<string, OnnxTensor>> {
  const { tf, network, purpose } = run;
  const part = partOf(run);
  const variables = [...network.variables].filter(
    ([name]) => part.head !== null || name.startsWith("layer"),
  );
  const { value, grads } = tf.variableGrads(
    () => lossOf(run),
    variables.map(([, variable]): Variable => variable),
  );
  const { loss, ...values } = await read({
    loss: value,
    ...Object.fromEntries(variables.map(([name, variable]) => [name, grads[variable.name]!])),
  });
  const named: Record<string, Parameter> = {};
  for (const [name, { dims, data }] of Object.entries(values)) {
    named[name] = { shape: dims, data: data as Float32Array };
  }
  const gradients = Object.entries(fromNamed(part, named)).map(
    ([name, { shape: dims, data }]) => [gradientName(name), float32(data, dims)] as const,
  );
  return { ...(purpose === "train" ? { loss: loss! } : {}), ...Object.fromEntries(gradients) };
}

/** The results that are wanted, in the memory that is given for them. */
function written(
  results: Readonly<Record<string, OnnxTensor>>,
  outputs: Readonly<Record<string, OnnxTensor | null>>,
): Record<string, OnnxTensor> {
  const wanted: Record<string, OnnxTensor> = {};
  for (const [name, target] of Object.entries(outputs)) {
    const result = results[name]!;
    if (target) (target.data as Float32Array).set(result.data as Float32Array);
    wanted[name] = target ?? result;
  }
  return wanted;
}

/** Takes values out of TensorFlow.js. */
async function read(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, OnnxTensor>> {
  const values: Record<string, OnnxTensor> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    values[name] = float32((await tensor.data()) as Float32Array, tensor.shape);
    tensor.dispose();
  }
  return values;
}
