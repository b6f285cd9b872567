import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { clipDigest } from "../../datasets/dataset.js";
import { MuybridgeError } from "../../src/core/errors.js";
import { openModel } from "../../src/pipeline/model.js";
import { parseModelRecord } from "../../src/pipeline/model-directory.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import {
  type AnyRecord,
  clip,
  copyModel,
  type RampModel,
  trainRampModel,
} from "./altered-model.js";

const root = sharedDirectory();
let model: RampModel;
let text: string;

beforeAll(async () => {
  model = await trainRampModel(root, {
    rnn: "gru",
    schedule: { type: "piecewise", factor: 0.9, everyEpochs: 2, warmUp: { steps: 1 } },
    clip: { by: "value", limit: 1 },
  });
  text = await readFile(join(model.directory, "model.json"), "utf8");
});

/** A field, by the keys that lead to it. */
type Path = readonly string[];

/** Every field of a value, those inside others too; of a list, its first two. */
function fieldsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? ["0", "1"].slice(0, value.length) : Object.keys(value);
  return keys.flatMap((key) => {
    const own = [...path, key];
    return [own, ...fieldsOf((value as Record<string, unknown>)[key], own)];
  });
}

const mark = "what stands here instead";

/** The text of a record in which something else stands in a field's place: JSON, or what is near it. */
function withText(record: AnyRecord, path: Path, json: string): string {
  const copy = structuredClone(record);
  let inner = copy;
  for (const key of path.slice(0, -1)) inner = inner[key];
  inner[path.at(-1)!] = mark;
  return JSON.stringify(copy).replace(JSON.stringify(mark), () => json);
}

/** The text of a record without a field. */
function without(record: AnyRecord, path: Path): string {
  const copy = structuredClone(record);
  let inner = copy;
  for (const key of path.slice(0, -1)) inner = inner[key];
  if (Array.isArray(inner)) inner.splice(Number(path.at(-1)), 1);
  else delete inner[path.at(-1)!];
  return JSON.stringify(copy);
}

const wrong: Readonly<Record<string, string>> = {
  null: "null",
  true: "true",
  negative: "-1",
  fraction: "0.5",
  two: "2",
  huge: "1e300",
  infinite: "1e999",
  "past counting": "9007199254740993",
  "NaN as a text": '"NaN"',
  "an empty text": '""',
  "a long text": JSON.stringify("x".repeat(11_000)),
  "a path": '"../../../etc/passwd"',
  "control characters": '"\\u0000\\u001b[2J"',
  "an empty list": "[]",
  "an empty object": "{}",
  "a long list": `[${"0,".repeat(2000)}0]`,
  "deep lists": `${"[".repeat(5000)}${"]".repeat(5000)}`,
  "deep objects": `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`,
  "a prototype": '{"__proto__":{"polluted":true}}',
  "a constructor": '{"constructor":{"prototype":{"polluted":true}}}',
};

/** What comes of a text in the model's place: what the model says, if it is asked. */
async function outcomeOf(
  json: string,
  directory: string,
  asked: boolean,
): Promise<MuybridgeError | number[] | "opened"> {
  const file = join(directory, "model.json");
  try {
    // Most are refused here, and need not be written to disk for it.
    parseModelRecord(json, file);
    await writeFile(file, json);
    await using opened = await openModel(directory);
    return asked ? [...(await opened.predict(clip, 2)).probabilities] : "opened";
  } catch (error) {
    if (error instanceof MuybridgeError) return error;
    throw error;
  }
}

test("whatever stands in a field of model.json, or if nothing does, the model works the same or is refused by the field's name", async () => {
  const directory = await copyModel(model.directory, join(root, "fields"));
  const record = JSON.parse(text);
  const fields = fieldsOf(record);
  expect(fields.length).toBeGreaterThan(60);
  let refused = 0;
  for (const path of fields) {
    const name = path.join(".");
    const texts = [
      without(record, path),
      ...Object.values(wrong).map((json) => withText(record, path, json)),
    ];
    // What only tells of the training is asked once, or it would take ten seconds.
    let asked = ["classes", "features", "network", "files"].includes(path[0]!) ? texts.length : 1;
    for (const json of texts) {
      const outcome = await outcomeOf(json, directory, asked > 0);
      if (!(outcome instanceof MuybridgeError)) {
        if (asked-- > 0) expect(outcome, name).toEqual([...model.expected]);
        continue;
      }
      refused += 1;
      const { code, message, parameter = "", path: file = "" } = outcome;
      expect(code, `${name}: ${message}`).toBe("ERR_MODEL_INVALID");
      expect(message.length).toBeLessThan(2000);
      expect(message).toContain(parameter);
      if (file.endsWith("weights.safetensors")) continue;
      const related = name.startsWith(parameter) || parameter.startsWith(name);
      expect(related || parameter === "files.sequence", `${name}: ${message}`).toBe(true);
    }
  }
  expect(refused).toBeGreaterThan(fields.length * 10);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

test("the same of a model of videos, as far as its record", () => {
  const record = JSON.parse(text);
  record.features = {
    kind: "video",
    decoder: "libav",
    plan: { every: 2, limit: 9, start: 0.5, end: 4 },
    fit: "stretch",
    streams: ["rgb", "motion"],
    cnn: {
      choice: {
        cnn: "net.onnx",
        layer: "pool",
        engine: "onnx",
        precision: "int8",
        preprocessing: {
          inputSize: 64,
          channels: "bgr",
          scale: 1,
          mean: [1, 2, 3],
          deviation: [1, 1, 1],
          layout: "nchw",
        },
        ranges: { conv: [0, 6] },
      },
      id: "net.onnx",
      digest: "0".repeat(64),
      dimension: 3,
      inputSize: 64,
    },
  };
  expect(parseModelRecord(JSON.stringify(record), "model.json").features).toEqual(record.features);
  const fields = fieldsOf(record.features, ["features"]);
  let refused = 0;
  for (const path of fields) {
    for (const json of Object.values(wrong)) {
      try {
        parseModelRecord(withText(record, path, json), "m/model.json");
      } catch (error) {
        refused += 1;
        expect(error).toMatchObject({ code: "ERR_MODEL_INVALID", path: "m/model.json" });
        const { parameter = "", message } = error as MuybridgeError;
        const name = path.join(".");
        expect(name.startsWith(parameter) || parameter.startsWith(name), message).toBe(true);
      }
    }
  }
  expect(refused).toBeGreaterThan(fields.length * 10);
  for (const place of ["//host/share/net.onnx", "\\\\host\\share\\net.onnx", "a\0.onnx"]) {
    const elsewhere = structuredClone(record);
    elsewhere.features.cnn.choice.cnn = place;
    elsewhere.features.cnn.id = place;
    expect(() => parseModelRecord(JSON.stringify(elsewhere), "model.json")).toThrow(
      "features.cnn.choice.cnn: it is no name, nor the path of a file of this machine",
    );
  }
  for (const [streams, why] of [
    [[], "features.streams: "],
    [["motion", "rgb"], "features.streams: streams are some of rgb, difference, motion, cuboids"],
    [["rgb", "rgb"], "features.streams: streams are some of rgb, difference, motion, cuboids"],
    [["rgb", "flow"], "features.streams.1: "],
    [["rgb", "difference"], "features.streams: The stream difference compares frames 0.3 s apart"],
  ] as const) {
    const elsewhere = { ...record, features: { ...record.features, streams } };
    expect(() => parseModelRecord(JSON.stringify(elsewhere), "model.json")).toThrow(why);
  }
});

test("a clip that is remembered must have a side, and a part of a video be that of its name", () => {
  const record = JSON.parse(text);
  const [digest] = Object.keys(record.clips) as [string];
  const span = { start: 0.5, end: 2 };
  const part = clipDigest(digest, span);
  const label = record.classes[0];
  record.clips[part] = { label, group: "a film", content: digest, ...span };
  const parse = (altered: AnyRecord) => parseModelRecord(JSON.stringify(altered), "model.json");
  expect(() => parse(record)).toThrow(expect.objectContaining({ parameter: `splits.${part}` }));
  record.splits[part] = "test";
  expect(parse(record).clips[part]).toEqual(record.clips[part]);
  record.clips[part].end = 3;
  expect(() => parse(record)).toThrow(
    expect.objectContaining({ parameter: `clips.${part}.content` }),
  );
});

test("a field too many is refused by its name, in every object", () => {
  const record = JSON.parse(text);
  const objects = [[], ...fieldsOf(record)].filter((path) => {
    const value = path.reduce((inner, key) => inner[key], record);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  });
  for (const path of objects) {
    for (const key of ["extra", "__proto__", "constructor", "toString"]) {
      const inner = path.reduce((value, step) => value[step], record);
      const json = JSON.stringify({ ...inner, [mark]: 1 }).replace(mark, key);
      const whole = path.length === 0 ? json : withText(record, path, json);
      expect(() => parseModelRecord(whole, "model.json"), `${path.join(".")}.${key}`).toThrow(
        expect.objectContaining({ code: "ERR_MODEL_INVALID" }),
      );
    }
  }
});

test("a field that is there twice is refused by its name, however it is written", () => {
  for (const twice of ['"version": 4', '"vers\\u0069on": 2', '"version":{"a":1}']) {
    expect(() =>
      parseModelRecord(text.replace(/"version": \d+/, `$&, ${twice}`), "model.json"),
    ).toThrow(/model\.json is not JSON: the field "version" is there twice/);
  }
  // Equal names in different objects, and texts that look like names, are none of this.
  expect(parseModelRecord(text.replace('"rise"', '"a\\\\\\":{,"'), "m").classes).toContain(
    'a\\":{,',
  );
});

test.each([
  ["nothing", ""],
  ["half a record", '{"format":"muybridge",'],
  ["null", "null"],
  ["a list", "[]"],
  ["a number", "1"],
  ["a network of the sequence library", '{"format":"muybridge-network","version":1}'],
  ["brackets", "[".repeat(1_000_000)],
  ["a million classes that are none", `{"classes":[${"0,".repeat(1_000_000)}0]}`],
])("%s in place of model.json is refused in few words", (_, json) => {
  let refusal: unknown;
  try {
    parseModelRecord(json, "m/model.json");
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toMatchObject({ code: "ERR_MODEL_INVALID", path: "m/model.json" });
  expect((refusal as Error).message.length).toBeLessThan(2000);
});
