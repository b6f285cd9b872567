import { eachField, type WireField } from "./wire-format.js";

/** A reason to refuse a model file, to be put behind "it …". */
export class ModelFileRefusal extends Error {}

/** Most fields that are made objects of. Networks of a thousand layers have tens of thousands. */
const maxFields = 2_000_000;

/** Most graphs within one another; the formats' own reader gives up at a hundred messages. */
const maxDepth = 16;

/** Messages that are looked into. */
type Kind =
  | "model"
  | "graph"
  | "node"
  | "attribute"
  | "tensor"
  | "sparse"
  | "function"
  | "value"
  | "type"
  | "tensorType"
  | "shape"
  | "leaf";

/** The messages in them, by the numbers of their fields (onnx.proto). */
const inside: Readonly<Record<Kind, Readonly<Record<number, Kind>>>> = {
  model: { 7: "graph", 8: "leaf", 14: "leaf", 25: "function" },
  graph: { 1: "node", 5: "tensor", 11: "value", 12: "value", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  function: { 7: "node", 9: "leaf", 11: "attribute" },
  value: { 2: "type" },
  type: { 1: "tensorType" },
  tensorType: { 2: "shape" },
  shape: { 1: "leaf" },
  tensor: {},
  leaf: {},
};

/** The field of an attribute that is a packed list of whole numbers. */
const intsField = 8;

/** Fields of a tensor: its name, the other files its elements lie in, and whether they do. */
const tensorFields = { name: 8, externalData: 13, dataLocation: 14 } as const;

/**
 * Looks through a model file before it is decoded: how much would be made of it, how deep it goes, and whether any
 * tensor in it, however it is wrapped, lies in another file. Of a message that is there twice, readers take the last
 * one or both joined; here, each counts.
 *
 * @throws ModelFileRefusal; RangeError where the file is damaged
 */
export function checkModelFile(file: Uint8Array): void {
  let fields = 0;
  const look = (kind: Kind, start: number, end: number, depth: number): void => {
    if (kind === "tensor") {
      refuseExternalData(file, start, end);
      return;
    }
    if (depth > maxDepth) {
      throw new ModelFileRefusal(`has graphs more than ${maxDepth} deep`);
    }
    eachField(file, start, end, (field) => {
      fields += kind === "attribute" && field.id === intsField ? 1 + field.end - field.start : 1;
      if (fields > maxFields) throw new ModelFileRefusal(`has more than ${maxFields} parts`);
      const inner = inside[kind][field.id];
      if (inner && field.end > 0) {
        look(inner, field.start, field.end, kind === "graph" ? depth + 1 : depth);
      }
    });
  };
  look("model", 0, file.length, 0);
}

/** Weights in other files would make a model read whatever file it names. */
function refuseExternalData(file: Uint8Array, start: number, end: number): void {
  let name: WireField | undefined;
  let isElsewhere = false;
  eachField(file, start, end, (field) => {
    if (field.id === tensorFields.name) name = field;
    isElsewhere ||= field.id === tensorFields.externalData;
    isElsewhere ||= field.id === tensorFields.dataLocation && field.value !== 0;
  });
  if (!isElsewhere) return;
  const text = Buffer.from(file.subarray(name?.start ?? 0, name?.end ?? 0)).toString("utf8");
  throw new ModelFileRefusal(
    `has the weights of "${text.slice(0, 200)}" in another file; save it in one: onnx.save_model(onnx.load(path), path, save_as_external_data=False)`,
  );
}
