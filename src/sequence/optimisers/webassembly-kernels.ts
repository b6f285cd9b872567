import type { KernelMemory, UpdateKernels } from "./update-kernels.js";
import { updateKernelsBase64 } from "./update-kernels-wasm.js";

/** What is used of the engine's WebAssembly, which Node's types do not describe. */
interface WebAssemblyEngine {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly Memory: new (pages: {
    readonly initial: number;
    readonly maximum: number;
  }) => { readonly buffer: ArrayBuffer };
}

const pageBytes = 65_536;

/** WebAssembly's pointers have 32 bits; one page less, so that an end is a pointer too. */
const maxPages = 65_535;

let compiled: object | undefined;

/**
 * The kernels in WebAssembly with SIMD. The memory never grows, so that views of it stay valid.
 *
 * @returns undefined where this machine has no WebAssembly with SIMD, or does not give it so much memory
 */
export function openWebAssemblyKernels(bytes: number): KernelMemory | undefined {
  const engine = (globalThis as { readonly WebAssembly?: WebAssemblyEngine }).WebAssembly;
  const pages = Math.ceil(bytes / pageBytes);
  if (!engine || pages > maxPages) return undefined;
  try {
    compiled ??= new engine.Module(Buffer.from(updateKernelsBase64, "base64"));
    const memory = new engine.Memory({ initial: pages, maximum: pages });
    const { exports } = new engine.Instance(compiled, { muybridge: { memory } });
    return { buffer: memory.buffer, kernels: exports as unknown as UpdateKernels };
  } catch {
    // A processor without SIMD, or a limit on address space: plain JavaScript computes the same.
    return undefined;
  }
}
