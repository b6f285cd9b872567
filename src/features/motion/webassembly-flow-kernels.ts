import { openWebAssembly } from "../../core/webassembly.js";
import type { FlowMemory, Plane } from "./flow-kernels.js";
import { flowKernelsBase64 } from "./flow-kernels-wasm.js";

/** What flow-kernels.wat exports. Pointers are bytes, counts elements. */
interface Exports {
  multiply(a: number, b: number, products: number, count: number): void;
  windowSums(
    plane: number,
    sums: number,
    columns: number,
    width: number,
    height: number,
    radius: number,
  ): void;
  invert(xx: number, xy: number, yy: number, count: number, ridge: number): void;
  compare(
    first: number,
    slopeX: number,
    slopeY: number,
    second: number,
    u: number,
    v: number,
    productX: number,
    productY: number,
    width: number,
    height: number,
  ): void;
  step(
    flow: number,
    ownInverse: number,
    ownSum: number,
    xy: number,
    otherSum: number,
    count: number,
    limit: number,
  ): void;
}

/** Values that are computed at once. */
const lanes = 4;

/** Zeros before and behind the sums of a row's columns, that windows at the edge reach into. */
const columnsBefore = 8;
const columnsBehind = 12;

/** Bytes of a plane: whole fours, and one more, as a row's last four may reach behind its end. */
const bytesOf = (length: number): number =>
  (Math.ceil(length / lanes) + 1) * lanes * Float32Array.BYTES_PER_ELEMENT;

/**
 * The kernels in WebAssembly with SIMD.
 *
 * @param lengths of all planes that will be asked for, in pixels
 * @param widest pixels of the widest picture
 * @returns undefined where this machine has no WebAssembly with SIMD, or does not give it so much memory
 */
export function openWebAssemblyFlow(
  lengths: readonly number[],
  widest: number,
): FlowMemory | undefined {
  const columnsBytes = bytesOf(columnsBefore + widest + columnsBehind);
  const bytes = lengths.reduce((sum, length) => sum + bytesOf(length), columnsBytes);
  const opened = openWebAssembly(flowKernelsBase64, bytes);
  if (!opened) return undefined;
  const { buffer } = opened;
  const kernels = opened.exports as unknown as Exports;
  const columns = columnsBefore * Float32Array.BYTES_PER_ELEMENT;
  let end = columnsBytes;
  const fours = ({ length }: Plane): number => Math.ceil(length / lanes) * lanes;
  return {
    plane(length) {
      const plane = new Float32Array(buffer, end, length);
      end += bytesOf(length);
      return plane;
    },
    kernels: {
      multiply: (a, b, products) =>
        kernels.multiply(a.byteOffset, b.byteOffset, products.byteOffset, fours(products)),
      windowSums: (plane, sums, width, radius) =>
        kernels.windowSums(
          plane.byteOffset,
          sums.byteOffset,
          columns,
          width,
          plane.length / width,
          radius,
        ),
      invert: (xx, xy, yy, ridge) =>
        kernels.invert(xx.byteOffset, xy.byteOffset, yy.byteOffset, fours(xx), ridge),
      compare: ({ first, slopeX, slopeY, second, u, v, productX, productY, width, height }) =>
        kernels.compare(
          first.byteOffset,
          slopeX.byteOffset,
          slopeY.byteOffset,
          second.byteOffset,
          u.byteOffset,
          v.byteOffset,
          productX.byteOffset,
          productY.byteOffset,
          width,
          height,
        ),
      step: (flow, ownInverse, ownSum, xy, otherSum, limit) =>
        kernels.step(
          flow.byteOffset,
          ownInverse.byteOffset,
          ownSum.byteOffset,
          xy.byteOffset,
          otherSum.byteOffset,
          fours(flow),
          limit,
        ),
    },
  };
}
