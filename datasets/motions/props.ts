import type { View } from "./camera.js";
import { type Canvas, type Colour, drawCapsule, drawPolygon, type Light } from "./canvas.js";
import type { Drawable } from "./figure.js";
import { boxHalf } from "./skeleton.js";
import { add, type Vector } from "./vector.js";

/** Height of a chair's seat, in heights of the body. */
const seatHeight = 0.255;

const seatHalf = 0.11;
const backHeight = 0.58;

/** A chair whose seat's middle is over the given spot; its back is behind it. */
export function chairParts(spot: Vector, colour: Colour, view: View, light: Light): Drawable[] {
  const at = (forward: number, up: number, left: number): Vector => add(spot, [forward, up, left]);
  const h = seatHalf;
  const legs = (
    [
      [-h, -h],
      [-h, h],
      [h, -h],
      [h, h],
    ] as const
  ).map(([forward, left]): Drawable => {
    const from = at(forward, 0, left);
    const to = at(forward, seatHeight, left);
    return {
      depth: view.project(from)[2],
      draw(canvas) {
        const [ax, ay] = view.project(from);
        const [bx, by] = view.project(to);
        const r = 0.014 * view.scale;
        drawCapsule(canvas, { ax, ay, ar: r, bx, by, br: r }, { colour }, light);
      },
    };
  });
  const seat = [
    at(-h, seatHeight, -h),
    at(h, seatHeight, -h),
    at(h, seatHeight, h),
    at(-h, seatHeight, h),
  ];
  const back = [
    at(-h, seatHeight + 0.06, -h),
    at(-h, seatHeight + 0.06, h),
    at(-h, backHeight, h),
    at(-h, backHeight, -h),
  ];
  return [
    ...legs,
    // A seat is under whoever sits on it, wherever its middle may be.
    {
      depth: view.project(spot)[2] - 0.05,
      draw: (canvas) => face(canvas, seat, colour, 0.95, view),
    },
    {
      depth: view.project(at(-h - 0.04, 0.2, 0))[2],
      draw: (canvas) => face(canvas, back, colour, 0.8, view),
    },
  ];
}

/** A box with its middle at the given place. */
export function boxParts(middle: Vector, colour: Colour, view: View): Drawable[] {
  const b = boxHalf;
  const corner = (forward: number, up: number, left: number): Vector =>
    add(middle, [forward * b, up * b, left * b]);
  const faces: readonly (readonly [Vector, readonly Vector[], number])[] = [
    [[0, 1, 0], [corner(-1, 1, -1), corner(1, 1, -1), corner(1, 1, 1), corner(-1, 1, 1)], 1.1],
    [[1, 0, 0], [corner(1, -1, -1), corner(1, 1, -1), corner(1, 1, 1), corner(1, -1, 1)], 0.85],
    [[-1, 0, 0], [corner(-1, -1, -1), corner(-1, 1, -1), corner(-1, 1, 1), corner(-1, -1, 1)], 0.7],
    [[0, 0, 1], [corner(-1, -1, 1), corner(1, -1, 1), corner(1, 1, 1), corner(-1, 1, 1)], 0.75],
    [
      [0, 0, -1],
      [corner(-1, -1, -1), corner(1, -1, -1), corner(1, 1, -1), corner(-1, 1, -1)],
      0.95,
    ],
  ];
  const [, , depth] = view.project(middle);
  return [
    {
      depth,
      draw(canvas) {
        const nearness = (normal: Vector): number => view.project(add(middle, normal))[2];
        // Back faces are painted first and covered by the front ones.
        for (const [, corners, shade] of [...faces].sort(
          (a, c) => nearness(a[0]) - nearness(c[0]),
        )) {
          face(canvas, corners, colour, shade, view);
        }
      },
    },
  ];
}

function face(
  canvas: Canvas,
  corners: readonly Vector[],
  colour: Colour,
  shade: number,
  view: View,
): void {
  const projected = corners.map((place): readonly [number, number] => {
    const [x, y] = view.project(place);
    return [x, y];
  });
  drawPolygon(canvas, projected, colour, shade);
}
