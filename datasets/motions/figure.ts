import type { View } from "./camera.js";
import {
  type Canvas,
  type Colour,
  drawCapsule,
  type Light,
  markShadow,
  type Paint,
} from "./canvas.js";
import type { Clothes, Performer } from "./performer.js";
import type { Side, Skeleton } from "./skeleton.js";
import { add, between, scale, subtract, type Vector } from "./vector.js";

/** Something to be drawn, and how near it is; what is far is drawn first. */
export interface Drawable {
  readonly depth: number;
  readonly draw: (canvas: Canvas) => void;
}

/** A limb in space: two ends with their radii, in heights of the body. */
interface Limb {
  readonly from: Vector;
  readonly to: Vector;
  readonly fromRadius: number;
  readonly toRadius: number;
  readonly paint: Paint;
}

/** Radii of a slim body, in heights of the body. */
const radii = {
  shoulder: 0.042,
  waist: 0.052,
  hip: 0.056,
  neck: 0.028,
  upperArm: 0.034,
  elbow: 0.027,
  wrist: 0.02,
  hand: 0.027,
  thigh: 0.056,
  knee: 0.04,
  ankle: 0.026,
  toe: 0.02,
} as const;

/** The parts of a figure, ready to be drawn in the order of their depth. */
export function figureParts(
  skeleton: Skeleton,
  performer: Performer,
  clothes: Clothes,
  view: View,
  light: Light,
): Drawable[] {
  const limbs = limbsOf(skeleton, performer, clothes);
  const parts = limbs.map(({ limb, over }): Drawable => {
    const [, , depth] = view.project(between(limb.from, limb.to, 0.5));
    return { depth: depth + over, draw: (canvas) => drawLimb(canvas, limb, view, light) };
  });
  return [...parts, headPart(skeleton, performer, view, light)];
}

/** Marks the shadow of a figure on the ground. */
export function castShadow(
  mask: Float32Array,
  canvas: Canvas,
  skeleton: Skeleton,
  girth: number,
  view: View,
  slant: readonly [number, number],
): void {
  const onGround = ([forward, up, left]: Vector): Vector => [
    forward + up * slant[0],
    0,
    left + up * slant[1],
  ];
  const bones: (readonly [Vector, Vector, number])[] = [
    [skeleton.pelvis, skeleton.chest, 0.08],
    [skeleton.head, skeleton.head, 0.06],
  ];
  for (const side of [skeleton.left, skeleton.right]) {
    bones.push(
      [side.hip, side.knee, 0.045],
      [side.knee, side.ankle, 0.035],
      [side.ankle, side.toe, 0.03],
    );
    bones.push([side.shoulder, side.elbow, 0.03], [side.elbow, side.hand, 0.025]);
  }
  for (const [from, to, radius] of bones) {
    const [ax, ay] = view.project(onGround(from));
    const [bx, by] = view.project(onGround(to));
    const r = radius * girth * view.scale;
    markShadow(mask, canvas, { ax, ay, ar: r, bx, by, br: r }, view.flatness);
  }
}

function limbsOf(
  skeleton: Skeleton,
  { body, skin }: Performer,
  clothes: Clothes,
): { readonly limb: Limb; readonly over: number }[] {
  const { girth } = body;
  const bare: Paint = { colour: skin };
  const { shirt, trousers, shoes } = clothes;
  const limb = (
    from: Vector,
    to: Vector,
    fromRadius: number,
    toRadius: number,
    paint: Paint,
    over = 0,
  ): { limb: Limb; over: number } => ({
    limb: { from, to, fromRadius: fromRadius * girth, toRadius: toRadius * girth, paint },
    over,
  });
  const { left, right, chest, pelvis, neck, head } = skeleton;
  const inner = (side: Side): Vector => between(side.shoulder, chest, 0.3);
  const trunk = [
    limb(inner(left), left.hip, radii.shoulder, radii.waist, shirt),
    limb(inner(right), right.hip, radii.shoulder, radii.waist, shirt),
    limb(between(chest, pelvis, 0.12), between(chest, pelvis, 0.9), 0.062, 0.056, shirt, 0.005),
    limb(inner(left), inner(right), radii.shoulder, radii.shoulder, shirt),
    limb(left.hip, right.hip, radii.hip, radii.hip, trousers, 0.002),
    limb(chest, add(neck, scale(subtract(head, neck), 0.4)), radii.neck * 1.1, radii.neck, bare),
  ];
  const sides = [left, right].flatMap((side) => [
    limb(side.hip, side.knee, radii.thigh, radii.knee, trousers),
    limb(side.knee, side.ankle, radii.knee, radii.ankle, clothes.longTrousers ? trousers : bare),
    limb(side.ankle, side.toe, radii.ankle, radii.toe, shoes, 0.01),
    limb(side.shoulder, side.elbow, radii.upperArm, radii.elbow, { colour: shirt.colour }, 0.01),
    limb(
      side.elbow,
      side.hand,
      radii.elbow,
      radii.wrist,
      clothes.longSleeves ? { colour: shirt.colour } : bare,
      0.012,
    ),
    limb(side.hand, side.hand, radii.hand, radii.hand, bare, 0.014),
  ]);
  return [...trunk, ...sides];
}

function drawLimb(canvas: Canvas, limb: Limb, view: View, light: Light): void {
  const [ax, ay] = view.project(limb.from);
  const [bx, by] = view.project(limb.to);
  const capsule = {
    ax,
    ay,
    ar: limb.fromRadius * view.scale,
    bx,
    by,
    br: limb.toRadius * view.scale,
  };
  drawCapsule(canvas, capsule, limb.paint, light);
}

/** Hair, face, eyes and nose, in the order that the direction of the face asks for. */
function headPart(
  { head, neck, gaze, left, right }: Skeleton,
  { body, skin, hair, longHair }: Performer,
  view: View,
  light: Light,
): Drawable {
  const r = body.head;
  const up = scale(subtract(head, neck), 1 / Math.max(Math.hypot(...subtract(head, neck)), 1e-6));
  const across = scale(subtract(left.shoulder, right.shoulder), 1 / (2 * body.shoulder));
  const at = (forward: number, upward: number, aside: number): Vector =>
    add(add(add(head, scale(gaze, forward * r)), scale(up, upward * r)), scale(across, aside * r));
  const dot = (canvas: Canvas, place: Vector, radius: number, colour: Colour): void => {
    const [x, y] = view.project(place);
    const size = radius * r * view.scale;
    drawCapsule(canvas, { ax: x, ay: y, ar: size, bx: x, by: y, br: size }, { colour }, light);
  };
  const [, , depth] = view.project(head);
  const dark: Colour = [30, 24, 24];
  const nose: Colour = [skin[0] * 0.86, skin[1] * 0.82, skin[2] * 0.8];
  return {
    depth: depth + 0.02,
    draw(canvas) {
      if (longHair) dot(canvas, at(-0.45, -0.55, 0), 0.72, hair);
      dot(canvas, at(-0.16, 0.14, 0), 1.04, hair);
      dot(canvas, at(0.2, -0.1, 0), 0.9, skin);
      dot(canvas, at(1.02, -0.12, 0), 0.17, nose);
      for (const aside of [0.36, -0.36]) {
        const eye = at(0.82, 0.12, aside);
        if (view.project(eye)[2] > depth) dot(canvas, eye, 0.13, dark);
      }
    },
  };
}
