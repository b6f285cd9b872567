import fc from "fast-check";
import { expect, test } from "vitest";
import { MuybridgeError } from "../../src/core/errors.js";
import { createRandom } from "../../src/core/random.js";
import { type OnnxFileOptions, prepareOnnx } from "../../src/features/onnx-file/prepare-onnx.js";
import type { PreparedNetwork } from "../../src/features/prepared-network.js";
import { createGraph } from "../../src/onnx/graph.js";
import { ModelProto } from "../../src/onnx/onnx-schema.js";
import { openOnnxSession } from "../../src/onnx/session.js";
import { float32, int64, uint8 } from "../../src/onnx/tensor.js";
import { altered, buildModel, inOpset, type Message } from "./onnx-model.js";

const size = 8;
const random = createRandom("frames");
const frames = Uint8Array.from({ length: 3 * size * size * 3 }, () => random.integer(0, 255));
const name = "small.onnx";

function prepare(
  file: Uint8Array,
  layer?: string,
  preprocessing: OnnxFileOptions["preprocessing"] = { scale: 1 },
): Promise<PreparedNetwork> {
  return prepareOnnx(file, { name, preprocessing, ...(layer === undefined ? {} : { layer }) });
}

/** The features of the three frames. */
async function featuresOf({
  graph,
  dimension,
  framesAtOnce,
}: PreparedNetwork): Promise<number[][]> {
  await using session = await openOnnxSession(graph);
  expect(session.inputNames).toEqual(["frames"]);
  expect(session.outputNames).toEqual(["features"]);
  const rows: number[][] = [];
  const step = framesAtOnce ?? 3;
  for (let first = 0; first < 3; first += step) {
    const part = frames.subarray(first * size * size * 3, (first + step) * size * size * 3);
    const { features } = await session.run({ frames: uint8(part, [step, size, size, 3]) });
    expect(features!.dims).toEqual([step, dimension]);
    for (let i = 0; i < step; i++) {
      rows.push([...(features!.data as Float32Array).subarray(i * dimension, (i + 1) * dimension)]);
    }
  }
  return rows;
}

/** What a file makes of each frame, given as float32 [1, 3, size, size]; four axes are averaged. */
async function reference(file: Uint8Array, output: string): Promise<number[][]> {
  await using session = await openOnnxSession(file);
  const rows: number[][] = [];
  for (let i = 0; i < 3; i++) {
    const planes = new Float32Array(3 * size * size);
    for (let p = 0; p < size * size; p++) {
      for (let c = 0; c < 3; c++) {
        planes[c * size * size + p] = frames[(i * size * size + p) * 3 + c]!;
      }
    }
    const input = float32(planes, [1, 3, size, size]);
    const outputs = await session.run({ [session.inputNames[0]!]: input });
    const { data, dims } = outputs[output]!;
    const area = (dims[2] ?? 1) * (dims[3] ?? 1);
    const row = Array<number>(dims[1]!).fill(0);
    for (const [j, value] of (data as Float32Array).entries()) {
      row[Math.floor(j / area)]! += value / area;
    }
    rows.push(row);
  }
  return rows;
}

function expectClose(actual: readonly number[][], expected: readonly number[][]): void {
  const largest = Math.max(...expected.flat().map(Math.abs));
  expect(largest).toBeGreaterThan(0);
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries()) {
      expect(Math.abs(actual[i]![j]! - value) / largest).toBeLessThan(1e-4);
    }
  }
}

async function refusalOf(working: Promise<unknown>): Promise<MuybridgeError> {
  const thrown = await working.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(MuybridgeError);
  expect((thrown as MuybridgeError).path).toBe(name);
  return thrown as MuybridgeError;
}

type Dims = readonly (number | string)[];

/** Convolution, ReLU, pool, classifier; and beside it a branch that leads nowhere. */
function plainNetwork(dims: Dims = [1, 3, size, size], input = "picture"): Uint8Array {
  return buildModel(({ graph, convolve, node }) => {
    const map = node("Relu", [convolve(graph.input(input, "float32", dims))], "map");
    const flat = node("Flatten", [node("GlobalAveragePool", [map], "pooled")], "flat");
    const classifier = graph.constant(float32(new Float32Array(4000).fill(0.01), [4, 1000]), "w");
    const scores = node("MatMul", [flat, classifier], "scores");
    node("Sigmoid", [map], "nowhere");
    graph.output(scores, "float32", [1, 1000], "output");
    graph.output(map, "float32", [1, 4, size, size]);
  });
}

test("the last picture before the classifier is taken where no layer is named", async () => {
  const file = plainNetwork();
  const prepared = await prepare(file);
  expect(prepared).toMatchObject({ dimension: 4, inputSize: size });
  expectClose(await featuresOf(prepared), await reference(file, "map"));
});

test("what does not lead to the layer is dropped, and the operator set is kept", async () => {
  const { graph } = await prepare(plainNetwork());
  const model: Message = ModelProto.decode(graph);
  const nodes = model.graph.node as { opType: string }[];
  expect(nodes.map(({ opType }) => opType)).toEqual(expect.arrayContaining(["Conv", "Relu"]));
  for (const dropped of ["MatMul", "Sigmoid"]) {
    expect(nodes.map(({ opType }) => opType)).not.toContain(dropped);
  }
  const constants = model.graph.initializer as { name: string }[];
  expect(constants.map((constant) => constant.name)).not.toContain("w");
  expect(Number(model.opsetImport[0].version)).toBe(18);
});

test("a layer of two axes is taken as it is, by its name or its node's", async () => {
  const file = altered(plainNetwork(), (model) => {
    const node = model.graph.node.find((each: Message) => each.output[0] === "scores");
    node.name = "classifier node";
  });
  for (const layer of ["scores", "output", "classifier node"]) {
    const prepared = await prepare(file, layer);
    expect(prepared.dimension).toBe(1000);
    expectClose(await featuresOf(prepared), await reference(file, "output"));
  }
});

test.each([7, 8, 9, 10, 11, 13, 17, 21, 22, 24])("operator set %i", async (version) => {
  const file = inOpset(plainNetwork(), version);
  expectClose(await featuresOf(await prepare(file, "map")), await reference(file, "map"));
});

test("an operator set that onnxruntime cannot compute is told by its number", async () => {
  for (const version of [1, 6]) {
    const refusal = await refusalOf(prepare(inOpset(plainNetwork(), version)));
    expect(refusal.code).toBe("ERR_MODEL_INVALID");
    expect(refusal.message).toContain(`operator set ${version}`);
  }
  expect((await refusalOf(prepare(inOpset(plainNetwork(), 999)))).code).toBe("ERR_MODEL_INVALID");
});

test("torchvision's scaling is the usual one; what is given replaces it whole", async () => {
  const file = plainNetwork();
  const usual = await featuresOf(await prepare(file, "map", {}));
  const told = await prepare(file, "map", {
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
  });
  expectClose(usual, await featuresOf(told));
  const raw = await featuresOf(await prepare(file, "map", { scale: 1 }));
  expectClose(raw, await reference(file, "map"));
  const swapped = await featuresOf(await prepare(file, "map", { scale: 1, channels: "bgr" }));
  expect(swapped).not.toEqual(raw);
});

test("a model that takes channels last, and one whose layer has them last", async () => {
  const file = buildModel(({ graph, convolve, node }) => {
    const picture = graph.input("picture", "float32", [1, size, size, 3]);
    const planes = node("Transpose", [picture], "planes", { perm: { ints: [0, 3, 1, 2] } });
    const map = convolve(planes, "map");
    const back = node("Transpose", [map], "back", { perm: { ints: [0, 2, 3, 1] } });
    graph.output(back, "float32", [1, size, size, 4]);
  });
  const plain = plainNetwork();
  const expected = await reference(
    altered(plain, (model) => {
      model.graph.output = [{ ...model.graph.output[1], name: "conv" }];
    }),
    "conv",
  );
  for (const layer of ["map", "back", undefined]) {
    const prepared = await prepare(file, layer);
    expect(prepared).toMatchObject({ dimension: 4, inputSize: size });
    expectClose(await featuresOf(prepared), expected);
  }
  const refusal = await refusalOf(prepare(file, "map", { layout: "nchw" }));
  expect(refusal).toMatchObject({ code: "ERR_USAGE", parameter: "layout" });
});

test("sizes that are open take 224 pixels, or as many as are asked for", async () => {
  const file = plainNetwork(["n", 3, "height", "width"]);
  expect((await prepare(file)).inputSize).toBe(224);
  const prepared = await prepare(file, undefined, { inputSize: size, scale: 1 });
  expect(prepared.inputSize).toBe(size);
  expectClose(await featuresOf(prepared), await reference(file, "map"));
  // A size that is fixed can still be left where the network itself allows it.
  expect((await prepare(plainNetwork(), undefined, { inputSize: 12 })).inputSize).toBe(12);
});

test("values of the model may bear the names that the prepared network needs", async () => {
  const file = buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("frames", "float32", [1, 3, size, size]), "muybridge/before/");
    const weights = graph.constant(float32([1, 2, 3, 4], [4, 1, 1]), "features_");
    graph.output(node("Mul", [map, weights], "features"), "float32", [1, 4, size, size]);
  });
  const renamed = altered(file, (model) => {
    model.graph.initializer.at(-1).name = "frames_";
    model.graph.node.at(-1).input[1] = "frames_";
  });
  for (const each of [file, renamed]) {
    expectClose(await featuresOf(await prepare(each)), await reference(each, "features"));
    expectClose(
      await featuresOf(await prepare(each, "features")),
      await reference(each, "features"),
    );
  }
});

/** A network with an If, one branch of which uses a value and a constant from outside. */
function branchingNetwork(outer = "map"): Uint8Array {
  return buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("picture", "float32", [1, 3, size, size]), outer);
    const factor = graph.constant(float32([2], []), "factor");
    const [then, otherwise] = ["then", "else"].map((prefix) => createGraph(prefix, `${prefix}/`));
    then!.output(then!.node("Mul", [map, factor]), "float32", [], "then/result");
    otherwise!.output(otherwise!.node("Neg", [map]), "float32", [], "else/result");
    const yes = graph.constant({ type: "bool", dims: [], data: Uint8Array.of(1) }, "yes");
    const branches = { then_branch: { g: then! }, else_branch: { g: otherwise! } };
    graph.output(node("If", [yes], "chosen", branches), "float32", ["n", 4, "h", "w"]);
    graph.output(node("Sigmoid", [map], "nowhere"), "float32", [1, 4, size, size]);
  });
}

test("values that graphs inside a node use from outside are kept", async () => {
  const file = branchingNetwork();
  const prepared = await prepare(file, "chosen");
  const model: Message = ModelProto.decode(prepared.graph);
  expect(model.graph.node.map((each: Message) => each.opType)).not.toContain("Sigmoid");
  expectClose(await featuresOf(prepared), await reference(file, "chosen"));
  const refusal = await refusalOf(prepare(branchingNetwork("features"), "chosen"));
  expect(refusal.message).toContain('named "features"');
});

test("attributes are kept to the last bit, and files whose constants are inputs as well are read", async () => {
  const file = altered(
    inOpset(
      buildModel(({ graph, convolve, node }) => {
        const map = convolve(graph.input("picture", "float32", [1, 3, size, size]));
        const cut = { starts: { ints: [2] }, ends: { ints: [99] }, axes: { ints: [2] } };
        graph.output(node("Slice", [map], "map", cut), "float32", [1, 4, size - 2, size]);
      }),
      9,
    ),
    (model) => {
      const ends = model.graph.node
        .find((each: Message) => each.opType === "Slice")
        .attribute.find((each: Message) => each.name === "ends");
      // As PyTorch writes "to the end".
      ends.ints = ["9223372036854775807"];
      model.irVersion = 3;
      for (const constant of model.graph.initializer) {
        const dim = constant.dims.map((length: number) => ({ dimValue: length }));
        const type = { tensorType: { elemType: 1, shape: { dim } } };
        model.graph.input.push({ name: constant.name, type });
      }
    },
  );
  expectClose(await featuresOf(await prepare(file)), await reference(file, "map"));
});

test.each<[string, "uint8" | "float16" | "float64"]>([
  ["bytes", "uint8"],
  ["half precision", "float16"],
  ["double precision", "float64"],
])("a model that takes %s", async (_, type) => {
  const file = buildModel(({ graph, convolve, node }) => {
    const picture = graph.input("picture", type, ["n", 3, size, size]);
    graph.output(convolve(node("Cast", [picture], "cast", { to: { i: 1 } }), "map"), "float32", []);
  });
  const expected = buildModel(({ graph, convolve }) => {
    const map = convolve(graph.input("picture", "float32", ["n", 3, size, size]), "map");
    graph.output(map, "float32", ["n", 4, size, size]);
  });
  expectClose(await featuresOf(await prepare(file)), await reference(expected, "map"));
});

test("a quantised model runs; where its ranges are of the moment, frame by frame", async () => {
  const file = buildModel(({ graph, node }) => {
    const picture = graph.input("picture", "float32", ["n", 3, size, size]);
    const [levels, scale, zero] = graph.nodes("DynamicQuantizeLinear", [picture], ["q", "s", "z"]);
    const kernel = Int8Array.from({ length: 12 }, (_, i) => i - 6);
    const weights = graph.constant({ type: "int8", dims: [4, 3, 1, 1], data: kernel }, "kernel");
    const sums = node("ConvInteger", [levels!, weights, zero!], "sums");
    const real = node("Mul", [node("Cast", [sums], "cast", { to: { i: 1 } }), scale!], "map");
    graph.output(real, "float32", ["n", 4, size, size]);
  });
  const prepared = await prepare(file);
  expect(prepared.framesAtOnce).toBe(1);
  expectClose(await featuresOf(prepared), await reference(file, "map"));
});

test("a model written for one picture is computed frame by frame", async () => {
  const file = buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("picture", "float32", [1, 3, size, size]));
    const shape = graph.constant(int64([1, -1]), "shape");
    graph.output(node("Reshape", [map, shape], "row"), "float32", [1, 4 * size * size]);
  });
  // Two frames would come as one row, which is no error.
  const prepared = await prepare(file, "row");
  expect(prepared).toMatchObject({ dimension: 4 * size * size, framesAtOnce: 1 });
  expectClose(await featuresOf(prepared), await reference(file, "row"));
});

test("a second input that the layer does not need is left out; one that it needs is refused", async () => {
  const file = buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("picture", "float32", [1, 3, size, size]), "map");
    const other = graph.input("other", "float32", [1, 4, size, size]);
    graph.output(node("Add", [map, other], "sum"), "float32", [1, 4, size, size]);
  });
  expect((await prepare(file, "map")).dimension).toBe(4);
  const refusal = await refusalOf(prepare(file));
  expect(refusal.code).toBe("ERR_MODEL_INVALID");
  expect(refusal.message).toMatch(/several inputs.*"picture".*"other"/);
});

test("a layer that is not there, is an input or of other axes is told together with those that are", async () => {
  const file = plainNetwork();
  for (const layer of ["maps", "", "picture", "kernel"]) {
    const refusal = await refusalOf(prepare(file, layer));
    expect(refusal).toMatchObject({ code: "ERR_USAGE", parameter: "layer" });
    expect(refusal.message).toMatch(/Its layers are:\n {2}conv\n {2}map\n {2}pooled\n {2}flat\n/);
  }
  const shaped = buildModel(({ graph, convolve, node }) => {
    const map = convolve(graph.input("picture", "float32", [1, 3, size, size]));
    const shape = graph.constant(int64([0, 0, -1]), "shape");
    graph.output(node("Reshape", [map, shape], "tokens"), "float32", [1, 4, size * size]);
  });
  const refusal = await refusalOf(prepare(shaped, "tokens"));
  expect(refusal).toMatchObject({ code: "ERR_USAGE", parameter: "layer" });
  expect(refusal.message).toContain("[1, 4, 64]");
});

test.each<[string, Dims, "float32" | "int64", string]>([
  ["text", ["n", 77], "int64", "int64 [?, 77]"],
  ["grey pictures", ["n", 1, size, size], "float32", "no axis of 3 colours"],
  ["videos", ["n", 3, 16, size, size], "float32", "[?, 3, 16, 8, 8]"],
  ["pictures that are not square", [1, 3, size, 12], "float32", "not square"],
  ["pictures of miles", [1, 3, 1e6, 1e6], "float32", "4096"],
])("a model that takes %s is refused", async (_, dims, type, named) => {
  const file = buildModel(({ graph, node }) => {
    const input = graph.input("input", type, dims);
    graph.output(node("Identity", [input], "same"), type, dims);
  });
  const refusal = await refusalOf(prepare(file, "same"));
  expect(refusal.code).toBe("ERR_MODEL_INVALID");
  expect(refusal.message).toContain(named);
});

test("weights in other files are refused, wherever in the model they are named", async () => {
  const outside = { key: "location", value: "/etc/passwd" };
  const tensor = {
    name: "secret",
    dims: [1],
    dataType: 1,
    dataLocation: 1,
    externalData: [outside],
  };
  const changes: ((model: Message) => void)[] = [
    (model) => model.graph.initializer.push(tensor),
    (model) => model.graph.initializer.push({ ...tensor, dataLocation: 0 }),
    (model) => model.graph.sparseInitializer.push({ values: tensor }),
    (model) => model.graph.node[0].attribute.push({ name: "value", t: tensor, type: 4 }),
    (model) => model.graph.node[0].attribute.push({ name: "values", tensors: [tensor], type: 9 }),
    (model) =>
      model.graph.node[0].attribute.push({ name: "g", g: { initializer: [tensor] }, type: 5 }),
  ];
  for (const change of changes) {
    const refusal = await refusalOf(prepare(altered(plainNetwork(), change)));
    expect(refusal.code).toBe("ERR_MODEL_INVALID");
    expect(refusal.message).toMatch(/"secret" in another file/);
  }
});

test.each([
  ["nothing", new Uint8Array()],
  ["text", Uint8Array.from(Buffer.from("this is not a network, it is a sentence"))],
  ["the beginning of a model", plainNetwork().subarray(0, 500)],
])("%s is refused with the file's name", async (_, file) => {
  expect((await refusalOf(prepare(file))).code).toBe("ERR_MODEL_INVALID");
});

test("a damaged file is used or refused, never anything else", async () => {
  const file = branchingNetwork();
  const damage = fc.tuple(fc.nat(file.length - 1), fc.constantFrom(0, 1, 2, 8, 127, 128, 255));
  let used = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (bytes) => {
      const damaged = Uint8Array.from(file);
      for (const [at, value] of bytes) damaged[at] = value;
      try {
        await prepare(damaged, "chosen");
        used += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(MuybridgeError);
      }
    }),
    { numRuns: 150, seed: 4 },
  );
  expect(used).toBeGreaterThan(10);
  for (let length = 0; length < file.length; length += 13) {
    const thrown = await prepare(file.subarray(0, length), "chosen").catch((error) => error);
    expect(thrown).toBeInstanceOf(MuybridgeError);
  }
});
