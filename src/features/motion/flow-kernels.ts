/** What computes the inner loops of the optical flow: WebAssembly with SIMD, or plain JavaScript. */
export type FlowEngine = "webassembly" | "javascript";

/** A picture in full: float32, row-major [height, width]. All planes come from {@link FlowMemory.plane}. */
export type Plane = Float32Array<ArrayBuffer>;

/** What {@link FlowKernels.compare} looks at, and where it puts the result. */
export interface Comparison {
  /** The first picture's brightness, and its slopes. */
  readonly first: Plane;
  readonly slopeX: Plane;
  readonly slopeY: Plane;
  /** The second picture's brightness. */
  readonly second: Plane;
  /** The flow so far, in pixels. */
  readonly u: Plane;
  readonly v: Plane;
  /** Written. */
  readonly productX: Plane;
  readonly productY: Plane;
  readonly width: number;
  readonly height: number;
}

/** The arithmetic of the optical flow over whole planes. The engines agree to single precision's rounding. */
export interface FlowKernels {
  /** products = a · b, value by value. */
  multiply(a: Plane, b: Plane, products: Plane): void;
  /**
   * Sums over the square window around each pixel, as much of it as lies in the picture.
   *
   * @param sums written; not the plane itself
   * @param radius pixels on each side, 1 to 4: the window has (2 · radius + 1)² of them
   */
  windowSums(plane: Plane, sums: Plane, width: number, radius: number): void;
  /** Inverts, at each pixel, the symmetric matrix [xx + ridge, xy; xy, yy + ridge], in place. */
  invert(xx: Plane, xy: Plane, yy: Plane, ridge: number): void;
  /**
   * The products of the first picture's slopes with its brightness less that of the second picture where the flow leads
   * to (bilinear). Pixels that leave the picture say nothing: 0.
   */
  compare(comparison: Comparison): void;
  /** flow += ownInverse · ownSum + xy · otherSum, no further than `limit` either way. */
  step(
    flow: Plane,
    ownInverse: Plane,
    ownSum: Plane,
    xy: Plane,
    otherSum: Plane,
    limit: number,
  ): void;
}

/** Room for planes, and what computes on them. */
export interface FlowMemory {
  /** A plane of zeros. */
  plane(length: number): Plane;
  readonly kernels: FlowKernels;
}
