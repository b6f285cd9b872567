import { openJavaScriptKernels } from "./javascript-kernels.js";
import type { NamedParameters } from "./optimiser.js";
import type { KernelMemory, Pointer } from "./update-kernels.js";
import { openWebAssemblyKernels } from "./webassembly-kernels.js";

/** Where the arrays of one parameter begin. */
export interface ParameterBlock {
  readonly name: string;
  readonly parameter: Pointer;
  readonly gradient: Pointer;
  /** One for each of the update rule's slots. */
  readonly slots: readonly Pointer[];
  /** Elements with the padding to a multiple of 4; the padding is zero in all arrays, and stays so. */
  readonly count: number;
  readonly shape: readonly number[];
  /** Elements. */
  readonly length: number;
}

/** The memory of an optimiser: of each parameter its values, its gradient and the slots of the update rule. */
export interface OptimiserMemory extends KernelMemory {
  readonly blocks: readonly ParameterBlock[];
  /** The array of a parameter at one of its pointers; not a copy. */
  view(block: ParameterBlock, pointer: Pointer): Float32Array<ArrayBuffer>;
}

/** Which implementation of the kernels computes; both give the same bits. */
export type KernelEngine = "webassembly" | "javascript";

/** Float32 elements of 128 bits, the width of SIMD. */
const lanes = 4;

/** Lays out the memory, with slots of zero, and copies the parameters into it. */
export function openOptimiserMemory(
  parameters: NamedParameters,
  slots: number,
  engine: KernelEngine,
): OptimiserMemory {
  let end = 0;
  const blocks = Object.entries(parameters).map(([name, { shape, data }]): ParameterBlock => {
    const count = Math.ceil(data.length / lanes) * lanes;
    const take = (): Pointer => {
      const start = end;
      end += count * Float32Array.BYTES_PER_ELEMENT;
      return start;
    };
    return {
      name,
      parameter: take(),
      gradient: take(),
      slots: Array.from({ length: slots }, take),
      count,
      shape,
      length: data.length,
    };
  });
  const memory =
    (engine === "webassembly" ? openWebAssemblyKernels(end) : undefined) ??
    openJavaScriptKernels(end);
  const view = ({ length }: ParameterBlock, pointer: Pointer): Float32Array<ArrayBuffer> =>
    new Float32Array(memory.buffer, pointer, length);
  for (const block of blocks) view(block, block.parameter).set(parameters[block.name]!.data);
  return { ...memory, blocks, view };
}
