/**
 * A pose of the body, in units of its height. Forward is where the figure faces, up is up, out is away from the
 * middle. Hands are given from their shoulder, in units of the arm's reach; feet (ankles) and pelvis from the
 * spot the figure stands on.
 */
export interface Pose {
  /** Pelvis: forward and up. */
  readonly pelvis: readonly [number, number];
  /** Bend of the trunk, degrees forward. */
  readonly lean: number;
  /** Turn of the shoulders against the hips, degrees, the right one forward. */
  readonly twist: number;
  /** Bend of the head, degrees forward. */
  readonly nod: number;
  /** Hands: forward, up, out. */
  readonly leftHand: readonly [number, number, number];
  readonly rightHand: readonly [number, number, number];
  /** Ankles: forward, up, out. */
  readonly leftFoot: readonly [number, number, number];
  readonly rightFoot: readonly [number, number, number];
  /** How far the hands are at the box instead, 0 to 1. */
  readonly grasp: number;
  /** Whether the box is in the hands: 0 or 1, and between while it is taken. */
  readonly hold: number;
}

const ankleHeight = 0.04;

/** Standing at ease. */
export const standing: Pose = {
  pelvis: [0, 0.53],
  lean: 2,
  twist: 0,
  nod: 0,
  leftHand: [0.06, -0.96, 0.14],
  rightHand: [0.06, -0.96, 0.14],
  leftFoot: [0, ankleHeight, 0.065],
  rightFoot: [0, ankleHeight, 0.065],
  grasp: 0,
  hold: 0,
};

/** A pose that differs from another one. */
export function posed(changes: Partial<Pose>, from: Pose = standing): Pose {
  return { ...from, ...changes };
}

/** Both hands at the same place, mirrored. */
export function bothHands(
  forward: number,
  up: number,
  out: number,
): Pick<Pose, "leftHand" | "rightHand"> {
  return { leftHand: [forward, up, out], rightHand: [forward, up, out] };
}

/** Both feet at the same place, mirrored. */
export function bothFeet(
  forward: number,
  up: number,
  out: number,
): Pick<Pose, "leftFoot" | "rightFoot"> {
  return { leftFoot: [forward, up, out], rightFoot: [forward, up, out] };
}

/** A pose and when it is reached, from 0 to 1. */
export interface KeyPose {
  readonly at: number;
  readonly pose: Pose;
}

/** The pose at a time between 0 and 1, eased from key to key. */
export function interpolate(keys: readonly KeyPose[], at: number): Pose {
  const next = keys.findIndex((key) => key.at >= at);
  if (next <= 0) return (next === 0 ? keys[0] : keys.at(-1))!.pose;
  const from = keys[next - 1]!;
  const to = keys[next]!;
  const part = (at - from.at) / (to.at - from.at);
  return mix(from.pose, to.pose, part * part * (3 - 2 * part));
}

/** Part of the way from one pose to another. */
export function mix(a: Pose, b: Pose, part: number): Pose {
  const number = (x: number, y: number): number => x + (y - x) * part;
  const triple = (
    x: readonly [number, number, number],
    y: readonly [number, number, number],
  ): [number, number, number] => [number(x[0], y[0]), number(x[1], y[1]), number(x[2], y[2])];
  return {
    pelvis: [number(a.pelvis[0], b.pelvis[0]), number(a.pelvis[1], b.pelvis[1])],
    lean: number(a.lean, b.lean),
    twist: number(a.twist, b.twist),
    nod: number(a.nod, b.nod),
    leftHand: triple(a.leftHand, b.leftHand),
    rightHand: triple(a.rightHand, b.rightHand),
    leftFoot: triple(a.leftFoot, b.leftFoot),
    rightFoot: triple(a.rightFoot, b.rightFoot),
    grasp: number(a.grasp, b.grasp),
    hold: number(a.hold, b.hold),
  };
}
