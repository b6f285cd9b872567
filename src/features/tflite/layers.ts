import { MuybridgeError } from "../../core/errors.js";
import { listLayers } from "../list-layers.js";
import { isConstant } from "./constants.js";
import type { TfliteModel, TfliteOperator, TfliteTensor } from "./read-tflite.js";

/**
 * Finds the tensor to take.
 *
 * @param layer its name, or the first of the names that the converter joined with ";". Default: the last tensor
 * [n, height, width, channels] of more than one pixel, which is what the classifier begins with; where no tensor
 * has more than one pixel, the last one of four axes.
 * @returns its index
 * @throws MuybridgeError ERR_USAGE listing the layers where there is none of that name, or it has neither two
 * nor four axes.
 */
export function findLayer(model: TfliteModel, layer: string | undefined, name: string): number {
  const computed = computedTensors(model);
  const shapeOf = (index: number): readonly number[] => model.tensors[index]!.shape;
  const layers = computed.filter((index) => [2, 4].includes(shapeOf(index).length));
  const complain = (why: string): never => {
    const list = listLayers(displayNames(model, layers));
    throw new MuybridgeError("ERR_USAGE", `${name} ${why} ${list}`, {
      path: name,
      parameter: "layer",
    });
  };
  if (layer === undefined) {
    const maps = layers.filter((index) => shapeOf(index).length === 4);
    const wide = maps.filter((index) => shapeOf(index)[1]! * shapeOf(index)[2]! > 1);
    return wide.at(-1) ?? maps.at(-1) ?? complain("has no tensor of four axes; name the layer.");
  }
  const whole = computed.find((index) => model.tensors[index]!.name === layer);
  const found = whole ?? computed.find((index) => layerName(model.tensors[index]!) === layer);
  if (found === undefined) return complain(`has no layer "${layer}".`);
  if (![2, 4].includes(shapeOf(found).length)) {
    complain(
      `has [${shapeOf(found).join(", ")}] as "${layer}"; a layer has two axes, or four of which two are averaged.`,
    );
  }
  return found;
}

/** The operators that a tensor depends on, in their order. */
export function stepsTo(model: TfliteModel, tensor: number): TfliteOperator[] {
  const needed = new Set([tensor]);
  const steps: TfliteOperator[] = [];
  for (const operator of [...model.operators].reverse()) {
    if (!operator.outputs.some((output) => needed.has(output))) continue;
    if (operator.kind === "DEQUANTIZE" && isConstant(model, operator.inputs[0])) continue;
    for (const input of dataInputs(operator)) needed.add(input);
    steps.push(operator);
  }
  return steps.reverse();
}

/** A shape is read from the tensor that has it, so that what computes it is not needed. */
function dataInputs({ kind, inputs }: TfliteOperator): readonly number[] {
  return kind === "RESHAPE" ? inputs.slice(0, 1) : inputs;
}

/** Indices of the tensors that operators make of the picture, in the operators' order. */
function computedTensors(model: TfliteModel): number[] {
  return model.operators
    .filter(({ kind, inputs }) => kind !== "DEQUANTIZE" || !isConstant(model, inputs[0]))
    .flatMap(({ outputs }) => outputs);
}

/** A tensor's name. The converter that wrote the file joins the names of the steps it merged with ";". */
export function layerName({ name }: TfliteTensor): string {
  return name.split(";")[0]!;
}

/** The first of each tensor's names, or all of them where another tensor has that one, too. */
function displayNames(model: TfliteModel, layers: readonly number[]): string[] {
  const counts = new Map<string, number>();
  for (const index of layers) {
    const short = layerName(model.tensors[index]!);
    counts.set(short, (counts.get(short) ?? 0) + 1);
  }
  return layers.map((index) => {
    const short = layerName(model.tensors[index]!);
    return counts.get(short) === 1 ? short : model.tensors[index]!.name;
  });
}
