import { MuybridgeError, messageOf } from "../core/errors.js";
import { checkModelFile, ModelFileRefusal } from "./check-model-file.js";
import { capturedValues, type NodeMessage } from "./node-message.js";
import {
  GraphParts,
  ModelParts,
  NodeHeader,
  SparseTensorHeader,
  TensorHeader,
  ValueInfoProto,
} from "./onnx-schema.js";

/**
 * A model file taken apart: what is needed to follow its values, and the bytes of each part, to be written again
 * as they are.
 */
export interface OnnxModel {
  /** Name of the file, for errors. */
  readonly name: string;
  readonly irVersion: number;
  /** Versions of the operator sets, by their domains; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly nodes: readonly OnnxNode[];
  readonly initialisers: readonly OnnxInitialiser[];
  /** Inputs that are no initialisers. */
  readonly inputs: readonly OnnxInput[];
  /** Names of the outputs. */
  readonly outputs: readonly string[];
  /** Functions that are defined in the file. */
  readonly functions: readonly Uint8Array[];
}

/** A node of the outermost graph. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  /** Values it takes; "" for one left out. */
  readonly inputs: readonly string[];
  /** Values it makes; "" for one left out. */
  readonly outputs: readonly string[];
  /** Values of the outermost graph that graphs inside it take. */
  readonly captured: readonly string[];
  /** Order of the axes of a Transpose. */
  readonly permutation: readonly number[] | undefined;
  readonly bytes: Uint8Array;
}

/** A constant of the outermost graph. */
export interface OnnxInitialiser {
  readonly name: string;
  readonly sparse: boolean;
  readonly bytes: Uint8Array;
}

/** An input, as the file declares it. */
export interface OnnxInput {
  readonly name: string;
  /** ONNX's number of its element type; 0 where it is no tensor. */
  readonly elementType: number;
  /** Lengths of its axes, undefined where they are open; none where its shape is. */
  readonly dims: readonly (number | undefined)[];
}

/** Most nodes, or initialisers, of a graph that is followed. */
const maxParts = 200_000;

/** Oldest operator set that onnxruntime has kernels for. */
const oldestOpset = 7;

/**
 * Takes a model file apart.
 *
 * @param name of the file, for errors
 * @throws MuybridgeError ERR_MODEL_INVALID where it is no ONNX model, has parts in other files, or is of an
 * operator set that is too old.
 */
export function takeModelApart(file: Uint8Array, name: string): OnnxModel {
  try {
    return readParts(file, name);
  } catch (error) {
    if (error instanceof MuybridgeError) throw error;
    if (error instanceof ModelFileRefusal) throw invalid(name, `it ${error.message}`);
    throw invalid(name, `it cannot be read (${messageOf(error)})`, error);
  }
}

function readParts(file: Uint8Array, name: string): OnnxModel {
  checkModelFile(file);
  const model = ModelParts.decode(file) as unknown as ModelMessage;
  if (!model.graph || model.graph.length === 0) throw invalid(name, "it holds no graph");
  const opsets = new Map(
    model.opsetImport.map(({ domain, version }) => [
      domain === "ai.onnx" ? "" : (domain ?? ""),
      Number(version ?? 0),
    ]),
  );
  const opset = opsets.get("") ?? 0;
  if (opset < oldestOpset) {
    throw invalid(
      name,
      `it is written in operator set ${opset}, and onnxruntime computes those from ${oldestOpset} on; convert it with onnx.version_converter`,
    );
  }
  const graph = GraphParts.decode(model.graph) as unknown as GraphMessage;
  if (graph.node.length > maxParts || graph.initializer.length > maxParts) {
    throw invalid(name, `it has more than ${maxParts} parts`);
  }
  const initialisers = [
    ...graph.initializer.map(readInitialiser),
    ...graph.sparseInitializer.map(readSparseInitialiser),
  ];
  const constant = new Set(initialisers.map((initialiser) => initialiser.name));
  return {
    name,
    irVersion: Number(model.irVersion ?? 0),
    opsets,
    nodes: graph.node.map(readNode),
    initialisers,
    inputs: graph.input.map(readInput).filter((input) => !constant.has(input.name)),
    outputs: graph.output.map((bytes) => readInput(bytes).name),
    functions: model.functions,
  };
}

interface ModelMessage {
  readonly irVersion?: { toString(): string };
  readonly graph?: Uint8Array;
  readonly opsetImport: readonly { readonly domain?: string; readonly version?: object }[];
  readonly functions: readonly Uint8Array[];
}

interface GraphMessage {
  readonly node: readonly Uint8Array[];
  readonly initializer: readonly Uint8Array[];
  readonly sparseInitializer: readonly Uint8Array[];
  readonly input: readonly Uint8Array[];
  readonly output: readonly Uint8Array[];
}

function readNode(bytes: Uint8Array): OnnxNode {
  const node = NodeHeader.decode(bytes) as unknown as NodeMessage;
  const permutation = node.attribute.find((attribute) => attribute.name === "perm")?.ints;
  return {
    op: node.opType,
    name: node.name,
    inputs: node.input,
    outputs: node.output,
    captured: [...capturedValues(node)],
    permutation: permutation?.map(Number),
    bytes,
  };
}

function readInitialiser(bytes: Uint8Array): OnnxInitialiser {
  const { name } = TensorHeader.decode(bytes) as unknown as { readonly name: string };
  return { name, sparse: false, bytes };
}

function readSparseInitialiser(bytes: Uint8Array): OnnxInitialiser {
  const { values } = SparseTensorHeader.decode(bytes) as unknown as {
    readonly values?: { readonly name: string };
  };
  return { name: values?.name ?? "", sparse: true, bytes };
}

function readInput(bytes: Uint8Array): OnnxInput {
  const { name, type } = ValueInfoProto.decode(bytes) as unknown as {
    readonly name: string;
    readonly type?: {
      readonly tensorType?: {
        readonly elemType: number;
        readonly shape?: { readonly dim: readonly { readonly dimValue?: object }[] };
      };
    };
  };
  const tensor = type?.tensorType;
  const dims = tensor?.shape?.dim.map(({ dimValue }) => {
    const length = Number(dimValue ?? 0);
    return length > 0 ? length : undefined;
  });
  return { name, elementType: tensor?.elemType ?? 0, dims: dims ?? [] };
}

function invalid(name: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_MODEL_INVALID", `${name} is not an ONNX model to use: ${why}.`, {
    path: name,
    cause,
  });
}
