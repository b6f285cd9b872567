import { execFile } from "node:child_process";
import {
  access,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { sha256 } from "../../src/core/digest.js";
import type { MuybridgeError } from "../../src/core/errors.js";
import { createGraph, encodeModel } from "../../src/onnx/graph.js";
import { ModelProto } from "../../src/onnx/onnx-schema.js";
import { float32 } from "../../src/onnx/tensor.js";
import { toOnnxModel } from "../../src/pipeline/export/onnx-export.js";
import { openModel } from "../../src/pipeline/model.js";
import { buildSequence, networkShape } from "../../src/pipeline/model-network.js";
import { namedShapes } from "../../src/sequence/parameters.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import {
  alterRecord,
  clip,
  copyModel,
  type RampModel,
  refusalOf,
  replaceFile,
  trainRampModel,
} from "./altered-model.js";

const root = sharedDirectory();
let model: RampModel;
let whole: string;
let copies = 0;
const copy = (): Promise<string> => copyModel(whole, join(root, `copy${copies++}`));

beforeAll(async () => {
  model = await trainRampModel(root);
  whole = model.directory;
});

test("an opened model says what it said when it was trained, and is saved as the same bytes", async () => {
  await using opened = await openModel(whole);
  expect((await opened.predict(clip, 2)).probabilities).toEqual(model.expected);
  const again = join(root, "again");
  await opened.save(again);
  for (const name of await readdir(whole)) {
    expect(await readFile(join(again, name)), name).toEqual(await readFile(join(whole, name)));
  }
});

/** Networks in place of the model's own: with other outputs, or that would do something else. */
const otherNetworks: Readonly<Record<string, () => Uint8Array>> = {
  "a network of the same inputs that says what it likes": () => {
    const graph = createGraph("other");
    graph.input("features", "float32", ["batch", "time", 3]);
    graph.input("lengths", "int32", ["batch"]);
    graph.input("context", "float32", ["batch", 3]);
    const chosen = graph.constant(float32([0.1, 0.9], [1, 2]));
    graph.output(chosen, "float32", [1, 2], "probabilities");
    return encodeModel(graph);
  },
  "a network of other inputs and outputs": () => {
    const graph = createGraph("other");
    const x = graph.input("x", "float32", [1]);
    graph.output(graph.node("Relu", [x]), "float32", [1], "y");
    return encodeModel(graph);
  },
  "a network with weights in another file": () =>
    ModelProto.encode({
      irVersion: 8,
      opsetImport: [{ version: 18 }],
      graph: {
        initializer: [
          {
            name: "w",
            dims: [1],
            dataType: 1,
            dataLocation: 1,
            externalData: [{ key: "location", value: "../../../../etc/passwd" }],
          },
        ],
        output: [{ name: "w" }],
      },
    }).finish(),
  "a network that makes a tensor of a terabyte": () => {
    const graph = createGraph("bomb");
    const size = graph.constant({ type: "int64", dims: [1], data: BigInt64Array.of(2n ** 38n) });
    graph.output(graph.node("ConstantOfShape", [size]), "float32", ["n"], "probabilities");
    return encodeModel(graph);
  },
  "a network that never ends": () => {
    const body = createGraph("body", "body/");
    body.input("body/i", "int64", []);
    const going = body.input("body/going", "bool", []);
    body.output(body.node("Identity", [going]), "bool", [], "body/on");
    const graph = createGraph("loop");
    const on = graph.constant({ type: "bool", dims: [], data: Uint8Array.of(1) });
    graph.node("Loop", ["", on], { body: { g: body } });
    return encodeModel(graph);
  },
  "an operator of another domain": () =>
    ModelProto.encode({
      opsetImport: [{ version: 18 }, { domain: "evil", version: 1 }],
      graph: { node: [{ opType: "Run", domain: "evil", output: ["probabilities"] }] },
    }).finish(),
  "no network at all": () => Buffer.from("this is not a network"),
};

test.each(Object.keys(otherNetworks))(
  "%s in place of sequence.onnx is refused, and with its digest in the record, too",
  async (name) => {
    const directory = await copy();
    const bytes = otherNetworks[name]!();
    await writeFile(join(directory, "sequence.onnx"), bytes);
    expect(await refusalOf(directory)).toMatchObject({
      path: join(directory, "sequence.onnx"),
      parameter: "files.sequence",
    });
    await replaceFile(directory, "sequence", bytes);
    expect((await refusalOf(directory)).parameter).toBe("files.sequence");
    // Whatever is asked of the model: nothing is passed on.
    await using opened = await openModel(directory);
    await expect(async () => opened.save(join(root, "passed-on"))).rejects.toThrow(
      "files.sequence",
    );
    expect(() => toOnnxModel(opened as Parameters<typeof toOnnxModel>[0])).toThrow(
      "files.sequence",
    );
  },
);

test("the graph of given weights is this one: another needs a new version of the format", () => {
  // Models are held to the bytes of their sequence.onnx, which those of an older program are not.
  const record = {
    classes: ["a", "b"],
    features: { kind: "sequence", dimension: 3 },
    network: {
      cell: "lstm",
      bidirectional: true,
      layers: 2,
      hidden: 2,
      dropout: 0,
      input: "changes",
      pooling: "max",
    },
  } as const satisfies Parameters<typeof buildSequence>[0];
  const parameters = Object.fromEntries(
    [...namedShapes(networkShape(record)!)].map(([name, shape]) => {
      const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => i / 8);
      return [name, { shape, data }];
    }),
  );
  expect(sha256(buildSequence(record, parameters)!)).toBe(
    "82927f9a9374efc724942558d95adbe4fcc0341ac0a1899708a456d32e8057a2",
  );
});

test("files of a model that are no files, lie elsewhere or are too large are refused unread", async () => {
  const secret = join(root, "secret.txt");
  await writeFile(secret, "root:x:0:0");
  for (const name of ["model.json", "weights.safetensors", "sequence.onnx"]) {
    const linked = await copy();
    await rm(join(linked, name));
    await symlink(secret, join(linked, name));
    const refusal = await refusalOf(linked);
    expect(refusal.message).toContain("a link that leads out of the directory");
    expect(refusal.message).not.toContain("root:x");
    const folder = await copy();
    await rm(join(folder, name));
    await mkdir(join(folder, name));
    expect((await refusalOf(folder)).message).toContain("is not a regular file");
    const large = await copy();
    await truncate(join(large, name), 2 ** 32);
    expect((await refusalOf(large)).message).toMatch(/has 4294967296 bytes, and at most \d+/);
  }
});

test.skipIf(process.platform === "win32")(
  "a pipe in place of a file is not waited for",
  async () => {
    for (const name of ["model.json", "weights.safetensors", "sequence.onnx"]) {
      const directory = await copy();
      await rm(join(directory, name));
      await promisify(execFile)("mkfifo", [join(directory, name)]);
      expect((await refusalOf(directory)).message).toContain("is not a regular file");
    }
  },
);

test("a model of a CNN in a file opens no other: not what it holds is told, only that it is not the one", async () => {
  const secret = join(root, "secret.json");
  await writeFile(secret, '{"password":"hunter2"} trailing');
  for (const cnn of [secret, join(root, "nowhere.onnx"), "/dev/stdin.onnx", root]) {
    const directory = await copy();
    await alterRecord(directory, (record) => {
      record.features = {
        kind: "video",
        decoder: "libav",
        plan: { count: 4 },
        fit: "stretch",
        streams: ["rgb"],
        cnn: { choice: { cnn }, id: cnn, digest: "0".repeat(64), dimension: 3, inputSize: 8 },
      };
    });
    const error: MuybridgeError = await openModel(directory).then(
      () => expect.unreachable(),
      (thrown) => thrown,
    );
    // A directory has no ending of a CNN's.
    const code = cnn === root ? "ERR_MODEL_INVALID" : "ERR_WEIGHTS_UNAVAILABLE";
    expect(error).toMatchObject({ code, parameter: "features.cnn.choice.cnn" });
    expect(error.message).not.toMatch(/hunter2|password/);
  }
});

test("what lies beside a model's files is neither read nor run", async () => {
  const directory = await copy();
  const ran = join(root, "ran");
  const code = `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "")`;
  for (const name of ["index.js", "index.cjs", "model.js", "model.json.js", "sequence.onnx.js"]) {
    await writeFile(join(directory, name), code);
  }
  await writeFile(join(directory, "package.json"), '{"main":"index.js","type":"commonjs"}');
  await writeFile(join(directory, "sequence.onnx.data"), "weights");
  await using opened = await openModel(directory);
  expect((await opened.predict(clip, 2)).probabilities).toEqual(model.expected);
  await expect(access(ran)).rejects.toThrow();
});

test("no code is made of text anywhere, and no module is loaded by a name that is not written down", async () => {
  const entries = await readdir("src", { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(200);
  const made = /\beval\(|\bnew Function\(|\bnode:vm\b|\.runInThisContext|\bcreateRequire\(.*\)\(/;
  const unnamed = /\bimport\((?!["'])[^)]*\)/;
  const found: string[] = [];
  for (const { parentPath, name } of files) {
    const text = await readFile(join(parentPath, name), "utf8");
    for (const line of text.split("\n")) {
      if (made.test(line) || unnamed.test(line)) found.push(`${name}: ${line.trim()}`);
    }
  }
  // The one is the optional package, whose name is on the line before.
  expect(found).toEqual(["tfjs-runtime.ts: return import(optional);"]);
});
