import { MuybridgeError } from "../../core/errors.js";
import { type AdamOptions, adam } from "./adam.js";
import { checkNumber } from "./check-number.js";
import { type Clipping, checkClipping, clipGradients } from "./clipping.js";
import type { ByKind, NamedParameters, Optimiser, OptimiserState } from "./optimiser.js";
import { type KernelEngine, openOptimiserMemory, type ParameterBlock } from "./optimiser-memory.js";
import { parameterKind } from "./parameter-kind.js";
import { type RmspropOptions, rmsprop } from "./rmsprop.js";
import { type SgdOptions, sgd } from "./sgd.js";
import type { UpdateRule } from "./update-rule.js";

/** Names of the optimisers. */
export const optimiserNames = ["adam", "adamw", "sgd", "rmsprop"] as const;

/** One of {@link optimiserNames}. */
export type OptimiserName = (typeof optimiserNames)[number];

/** A kind of optimiser: its name, or its name with what is not to be as usual. */
export type OptimiserChoice = OptimiserName | AdamOptions | SgdOptions | RmspropOptions;

/** Options of {@link openOptimiser}. */
export interface OptimiserOptions {
  /** Default "adam". */
  readonly optimizer?: OptimiserChoice;
  /**
   * Part of each kernel, times the learning rate, that is taken off every step, decoupled from the gradient (Loshchilov
   * & Hutter 2019); biases keep theirs. Default 0, for "adamw" 0.01.
   */
  readonly weightDecay?: number;
  /**
   * Part of a parameter that is added to its gradient, which is the gradient of l2/2 · |parameter|²; one number for all
   * kernels, recurrent ones too, or one for each kind. Default 0.
   */
  readonly l2?: number | ByKind;
  /** Default: none. */
  readonly clip?: Clipping | null;
  /** Default "webassembly", and "javascript" where that is not to be had. */
  readonly kernels?: KernelEngine;
}

/** AdamW's weight decay where none is said: PyTorch's. */
const usualDecay = 0.01;

const noClipping: Clipping = { by: "global-norm", limit: Number.POSITIVE_INFINITY };

/**
 * Opens an optimiser over copies of the parameters.
 *
 * @throws MuybridgeError ERR_USAGE naming the option that is out of range.
 */
export function openOptimiser(initial: NamedParameters, options: OptimiserOptions): Optimiser {
  const { optimizer = "adam", l2 = 0, kernels = "webassembly" } = options;
  const clip = options.clip ?? noClipping;
  const choice = typeof optimizer === "string" ? { type: optimizer } : optimizer;
  const { weightDecay = choice.type === "adamw" ? usualDecay : 0 } = options;
  const rule = updateRule(choice);
  checkClipping(clip);
  checkNumber("weightDecay", weightDecay, 0, Number.POSITIVE_INFINITY);
  const penalties: ByKind = typeof l2 === "number" ? { kernel: l2, recurrentKernel: l2 } : l2;
  for (const [kind, value] of Object.entries(penalties)) {
    checkNumber(`l2 of ${kind}`, value, 0, Number.POSITIVE_INFINITY);
  }
  const memory = openOptimiserMemory(initial, rule.slots.length, kernels);
  const named = (pick: (block: ParameterBlock) => number): NamedParameters =>
    Object.fromEntries(
      memory.blocks.map((block) => [
        block.name,
        { shape: block.shape, data: memory.view(block, pick(block)) },
      ]),
    );
  let steps = 0;
  return {
    parameters: named(({ parameter }) => parameter),
    gradients: named(({ gradient }) => gradient),
    step(learningRate) {
      const { norm, scales } = clipGradients(memory, clip);
      if (!Number.isFinite(norm)) return norm;
      steps += 1;
      for (const [index, block] of memory.blocks.entries()) {
        const kind = parameterKind(block.name);
        const kept = kind === "bias" ? 1 : 1 - learningRate * weightDecay;
        rule.update(memory.kernels, block, steps, [
          scales[index]!,
          penalties[kind] ?? 0,
          kept,
          learningRate,
        ]);
      }
      return norm;
    },
    state: () => ({
      steps,
      slots: Object.fromEntries(
        memory.blocks.flatMap((block) =>
          rule.slots.map((slot, index) => [
            `${block.name}/${slot}`,
            { shape: block.shape, data: memory.view(block, block.slots[index]!).slice() },
          ]),
        ),
      ),
    }),
    restore(state) {
      const found = memory.blocks.flatMap((block) =>
        rule.slots.map((slot, index) => ({
          view: memory.view(block, block.slots[index]!),
          data: slotOf(state, `${block.name}/${slot}`, block),
        })),
      );
      for (const { view, data } of found) view.set(data);
      steps = state.steps;
    },
  };
}

function updateRule(choice: Exclude<OptimiserChoice, string>): UpdateRule {
  switch (choice.type) {
    case "adam":
    case "adamw":
      return adam(choice);
    case "sgd":
      return sgd(choice);
    case "rmsprop":
      return rmsprop(choice);
    default:
      throw new MuybridgeError(
        "ERR_USAGE",
        `optimizer must be one of ${optimiserNames.join(", ")}.`,
        { parameter: "optimizer" },
      );
  }
}

function slotOf({ slots }: OptimiserState, name: string, block: ParameterBlock): Float32Array {
  const slot = Object.hasOwn(slots, name) ? slots[name] : undefined;
  if (slot?.data instanceof Float32Array && slot.shape.join() === block.shape.join()) {
    return slot.data;
  }
  throw new MuybridgeError(
    "ERR_MODEL_INVALID",
    `The optimiser's state needs a float32 array "${name}" of shape [${block.shape.join(", ")}].`,
    { parameter: name },
  );
}
