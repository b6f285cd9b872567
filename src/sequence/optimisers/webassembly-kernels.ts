import { openWebAssembly } from "../../core/webassembly.js";
import type { KernelMemory, UpdateKernels } from "./update-kernels.js";
import { updateKernelsBase64 } from "./update-kernels-wasm.js";

/**
 * The kernels in WebAssembly with SIMD.
 *
 * @returns undefined where this machine has no WebAssembly with SIMD, or does not give it so much memory
 */
export function openWebAssemblyKernels(bytes: number): KernelMemory | undefined {
  const opened = openWebAssembly(updateKernelsBase64, bytes);
  return opened && { buffer: opened.buffer, kernels: opened.exports as unknown as UpdateKernels };
}
