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

/** A WebAssembly module over a memory of its own. The memory never grows, so that views of it stay valid. */
export interface WebAssemblyInstance {
  readonly buffer: ArrayBuffer;
  readonly exports: Readonly<Record<string, unknown>>;
}

const pageBytes = 65_536;

/** WebAssembly's pointers have 32 bits; one page less, so that an end is a pointer too. */
const maxPages = 65_535;

/** What was compiled before, by the module's bytes in base64. */
const compiled = new Map<string, object>();

/**
 * Opens a module of this project's that takes its memory as `muybridge.memory`.
 *
 * @param base64 the module's bytes
 * @param bytes of memory
 * @returns undefined where this machine has no WebAssembly with SIMD, or does not give it so much memory
 */
export function openWebAssembly(base64: string, bytes: number): WebAssemblyInstance | undefined {
  const engine = (globalThis as { readonly WebAssembly?: WebAssemblyEngine }).WebAssembly;
  const pages = Math.ceil(bytes / pageBytes);
  if (!engine || pages > maxPages) return undefined;
  try {
    const module = compiled.get(base64) ?? new engine.Module(Buffer.from(base64, "base64"));
    compiled.set(base64, module);
    const memory = new engine.Memory({ initial: pages, maximum: pages });
    const { exports } = new engine.Instance(module, { muybridge: { memory } });
    return { buffer: memory.buffer, exports };
  } catch {
    // A processor without SIMD, or a limit on address space: plain JavaScript computes the same.
    return undefined;
  }
}
