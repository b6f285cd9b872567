import type { Pose } from "./pose.js";
import { add, bend, between, length, scale, subtract, turn, type Vector } from "./vector.js";

/** A body's measures, in units of its height. */
export interface Proportions {
  /** Thigh and shin, each. */
  readonly leg: number;
  /** Hip to shoulder. */
  readonly trunk: number;
  /** Upper arm and forearm, each. */
  readonly arm: number;
  /** Middle to shoulder. */
  readonly shoulder: number;
  /** Middle to hip joint. */
  readonly hip: number;
  /** Radius of the head. */
  readonly head: number;
  /** Thickness of the limbs and the trunk, 1 for a slim body. */
  readonly girth: number;
}

/** Where a body's joints are, in heights of the body, from the spot it stands on. */
export interface Skeleton {
  readonly pelvis: Vector;
  readonly chest: Vector;
  readonly neck: Vector;
  readonly head: Vector;
  /** Where the face looks to. */
  readonly gaze: Vector;
  readonly left: Side;
  readonly right: Side;
  readonly box: Vector;
}

/** One side's joints. */
export interface Side {
  readonly shoulder: Vector;
  readonly elbow: Vector;
  readonly hand: Vector;
  readonly hip: Vector;
  readonly knee: Vector;
  readonly ankle: Vector;
  readonly toe: Vector;
}

/** Half the width of the box, which the hands hold at its sides. */
export const boxHalf = 0.085;

/** Where the box stands before it is lifted: in front of the feet. */
export const boxOnFloor: Vector = [0.3, boxHalf, 0];

/** Neck between shoulders and head. */
const neckLength = 0.045;

const footLength = 0.115;

/** Works out the joints of a body in a pose; knees, elbows by inverse kinematics of two bones. */
export function skeletonOf(pose: Pose, body: Proportions): Skeleton {
  const standingHip = 2 * body.leg + 0.04;
  // Poses are given for a hip height of 0.53.
  const pelvis: Vector = [pose.pelvis[0], (pose.pelvis[1] * standingHip) / 0.53, 0];
  const spine = bend([0, 1, 0], pose.lean);
  const chest = add(pelvis, scale(spine, body.trunk));
  const headUp = bend([0, 1, 0], pose.lean + pose.nod);
  const neck = add(chest, scale(spine, 0.35 * neckLength));
  const head = add(neck, scale(headUp, 0.65 * neckLength + body.head));
  const gaze = bend([1, 0, 0], pose.lean * 0.6 + pose.nod);

  const shoulders = [1, -1].map((sign) =>
    add(chest, bend(turn([0, -0.02, sign * body.shoulder], pose.twist), pose.lean)),
  ) as [Vector, Vector];
  const reach = 2 * body.arm;
  const free = shoulders.map((shoulder, index) => {
    const [forward, up, out] = index === 0 ? pose.leftHand : pose.rightHand;
    return add(shoulder, scale([forward, up, (index === 0 ? 1 : -1) * out], reach));
  });
  const held = scale(add(free[0]!, free[1]!), 0.5);
  // Held, it is where the hands are; while they grasp it, where it stands.
  const box = between(boxOnFloor, between(held, boxOnFloor, pose.grasp), pose.hold);
  const hands = free.map((hand, index) => {
    const atBox: Vector = add(box, [0, 0.01, (index === 0 ? 1 : -1) * boxHalf]);
    return between(hand, atBox, Math.max(pose.grasp, pose.hold));
  });

  const side = (index: number): Side => {
    const sign = index === 0 ? 1 : -1;
    const hip = add(pelvis, [0, 0, sign * body.hip]);
    const [forward, up, out] = index === 0 ? pose.leftFoot : pose.rightFoot;
    const leg = joint(hip, [forward, up, sign * out], body.leg, [1, 0.25, sign * 0.15]);
    const arm = joint(
      shoulders[index]!,
      hands[index]!,
      body.arm,
      bend([-0.7, -0.7, sign * 0.6], pose.lean * 0.7),
    );
    const lifted = Math.min(Math.max((leg.end[1] - 0.06) * 260, -20), 70);
    const flat = pose.lean < -50 ? -75 : 0;
    const toe = add(
      leg.end,
      bend(
        [footLength, -0.025, sign * 0.02],
        Math.max(lifted, 0) * (leg.end[0] < 0 ? 1 : -0.5) + flat,
      ),
    );
    return {
      shoulder: shoulders[index]!,
      elbow: arm.middle,
      hand: arm.end,
      hip,
      knee: leg.middle,
      ankle: leg.end,
      toe,
    };
  };
  return { pelvis, chest, neck, head, gaze, left: side(0), right: side(1), box };
}

/** Two bones of the same length from a start to a target; the joint between them bends towards the pole. */
function joint(
  start: Vector,
  target: Vector,
  bone: number,
  pole: Vector,
): { middle: Vector; end: Vector } {
  const way = subtract(target, start);
  const distance = Math.min(Math.max(length(way), 1e-4), 1.995 * bone);
  const direction = scale(way, 1 / Math.max(length(way), 1e-4));
  const end = add(start, scale(direction, distance));
  const along = pole[0] * direction[0] + pole[1] * direction[1] + pole[2] * direction[2];
  const aside = subtract(pole, scale(direction, along));
  const height = Math.sqrt(Math.max(bone * bone - (distance / 2) ** 2, 0));
  const middle = add(
    between(start, end, 0.5),
    scale(aside, height / Math.max(length(aside), 1e-4)),
  );
  return { middle, end };
}
