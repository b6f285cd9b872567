import {
  bothFeet,
  bothHands,
  interpolate,
  type KeyPose,
  mix,
  type Pose,
  posed,
  standing,
} from "./pose.js";

/** An action: its name, and the pose at any moment of it. */
export interface Action {
  readonly description: string;
  /**
   * @param part how much of the action is done, 0 to 1
   * @param seconds since it began, at normal speed: what repeats does so by the clock
   */
  readonly poseAt: (part: number, seconds: number) => Pose;
  /** Heights of the body walked a second, at normal speed. */
  readonly pace: number;
}

const seated = posed({
  pelvis: [-0.24, 0.31],
  lean: 4,
  ...bothHands(0.62, -0.6, 0.06),
  ...bothFeet(0.06, 0.04, 0.08),
});

const sitDown: readonly KeyPose[] = [
  { at: 0, pose: posed(bothFeet(0.06, 0.04, 0.08)) },
  {
    at: 0.4,
    pose: posed({
      pelvis: [-0.12, 0.46],
      lean: 38,
      nod: 8,
      ...bothHands(0.62, -0.6, 0.12),
      ...bothFeet(0.06, 0.04, 0.08),
    }),
  },
  {
    at: 0.8,
    pose: posed({
      pelvis: [-0.23, 0.33],
      lean: 30,
      nod: 4,
      ...bothHands(0.66, -0.6, 0.1),
      ...bothFeet(0.06, 0.04, 0.08),
    }),
  },
  { at: 1, pose: seated },
];

const atBox = posed({
  pelvis: [-0.14, 0.36],
  lean: 66,
  nod: 14,
  grasp: 1,
  ...bothHands(0.5, -0.8, 0),
});

const pickUp: readonly KeyPose[] = [
  { at: 0, pose: standing },
  { at: 0.42, pose: atBox },
  { at: 0.52, pose: { ...atBox, hold: 1 } },
  { at: 1, pose: posed({ lean: -4, hold: 1, ...bothHands(0.68, -0.34, -0.08) }) },
];

const raiseArms: readonly KeyPose[] = [
  { at: 0, pose: standing },
  { at: 0.5, pose: posed({ ...bothHands(0.96, 0.05, 0.12) }) },
  { at: 1, pose: posed({ lean: -3, nod: -14, ...bothHands(0.14, 0.97, 0.16) }) },
];

const lieDown: readonly KeyPose[] = [
  { at: 0, pose: standing },
  {
    at: 0.35,
    pose: posed({ pelvis: [-0.16, 0.27], lean: 40, nod: -8, ...bothHands(0.5, -0.72, 0.2) }),
  },
  {
    at: 0.62,
    pose: posed({
      pelvis: [-0.3, 0.09],
      lean: -16,
      nod: 10,
      ...bothHands(-0.5, -0.78, 0.25),
      ...bothFeet(0.06, 0.04, 0.09),
    }),
  },
  {
    at: 1,
    pose: posed({
      pelvis: [-0.3, 0.075],
      lean: -86,
      nod: 0,
      ...bothHands(0.92, -0.1, 0.3),
      ...bothFeet(0.17, 0.04, 0.09),
    }),
  },
];

/** Full turns of something that repeats. */
const turns = (seconds: number, perSecond: number): number => 2 * Math.PI * perSecond * seconds;

/** Gets into a repeated movement and out of it, so that it begins and ends standing. */
const around = (part: number, pose: Pose): Pose => {
  const edge = Math.min(part, 1 - part) / 0.12;
  return edge >= 1 ? pose : mix(standing, pose, edge * edge * (3 - 2 * edge));
};

function stepping(seconds: number, run: boolean): Pose {
  const phase = turns(seconds, run ? 1.55 : 0.85);
  const stride = run ? 0.28 : 0.23;
  const foot = (angle: number): [number, number, number] => {
    const swing = Math.max(0, Math.sin(angle));
    const lift = (run ? 0.29 : 0.075) * swing;
    // A running foot is lifted behind the body.
    return [stride * -Math.cos(angle) - (run ? 0.16 * swing : 0), 0.04 + lift, 0.05];
  };
  const swing = Math.cos(phase);
  const hand = (side: number): [number, number, number] =>
    run
      ? [0.36 + 0.42 * side * swing, -0.42 + 0.16 * side * swing, 0.08]
      : [0.1 + 0.56 * side * swing, -0.84, 0.1];
  return posed({
    pelvis: [0, 0.515 + (run ? 0.03 : 0.012) * Math.cos(2 * phase + (run ? Math.PI / 2 : 0))],
    lean: run ? 16 : 3,
    twist: 9 * -swing,
    leftFoot: foot(phase),
    rightFoot: foot(phase + Math.PI),
    leftHand: hand(1),
    rightHand: hand(-1),
  });
}

function wave(seconds: number): Pose {
  const swing = Math.sin(turns(seconds, 1.7));
  return posed({ lean: 0, nod: -4, rightHand: [0.22, 0.8, 0.4 + 0.36 * swing] });
}

function jumpingJack(seconds: number): Pose {
  const open = (1 - Math.cos(turns(seconds, 1.05))) / 2;
  const angle = Math.PI * 0.92 * open;
  const hop = 0.05 * Math.abs(Math.sin(turns(seconds, 1.05)));
  return posed({
    pelvis: [0, 0.52 - 0.03 * open + hop],
    ...bothHands(0.06, -Math.cos(angle) * 0.96, 0.12 + 0.82 * Math.sin(angle)),
    ...bothFeet(0, 0.04 + hop, 0.065 + 0.17 * open),
  });
}

const guard = { ...bothHands(0.42, -0.05, -0.05), lean: 6 };

function kick(seconds: number): Pose {
  const cycle = (seconds * 0.8) % 1;
  const ready = posed({
    ...guard,
    ...bothHands(0.45, -0.3, 0.1),
    leftFoot: [-0.02, 0.04, 0.06],
    rightFoot: [-0.14, 0.05, 0.06],
  });
  const kicked: Pose = {
    ...ready,
    pelvis: [0.02, 0.53],
    rightFoot: [0.45, 0.58, 0.03],
    lean: -22,
    ...bothHands(0.1, -0.7, 0.45),
  };
  return interpolate(
    [
      { at: 0, pose: ready },
      { at: 0.2, pose: { ...ready, rightFoot: [0.1, 0.26, 0.05], lean: -4 } },
      {
        at: 0.36,
        pose: kicked,
      },
      { at: 0.48, pose: kicked },
      { at: 0.64, pose: { ...ready, rightFoot: [0.12, 0.24, 0.05], lean: -4 } },
      { at: 0.85, pose: ready },
      { at: 1, pose: ready },
    ],
    cycle,
  );
}

function punch(seconds: number): Pose {
  const phase = turns(seconds, 1.25);
  const reach = (angle: number): number => Math.max(0, Math.sin(angle)) ** 1.5;
  const hand = (amount: number): [number, number, number] => [
    0.38 + 0.6 * amount,
    -0.05 + 0.12 * amount,
    -0.06 - 0.1 * amount,
  ];
  const right = reach(phase);
  const left = reach(phase + Math.PI);
  return posed({
    pelvis: [0.02 * (right + left), 0.505],
    lean: 8,
    twist: 24 * (right - left),
    leftHand: hand(left),
    rightHand: hand(right),
    leftFoot: [0.1, 0.04, 0.07],
    rightFoot: [-0.12, 0.04, 0.08],
  });
}

const forwards = (keys: readonly KeyPose[]) => (part: number) => interpolate(keys, part);
const backwards = (keys: readonly KeyPose[]) => (part: number) => interpolate(keys, 1 - part);

/** The actions by class name. Four pairs are each other's reversal in time: the same poses in opposite order. */
export const actions: Readonly<Record<string, Action>> = {
  "get-up": {
    description: "from lying on the back to standing",
    poseAt: backwards(lieDown),
    pace: 0,
  },
  "jumping-jack": {
    description: "jumps with arms and legs spread and closed",
    poseAt: (part, seconds) => around(part, jumpingJack(seconds)),
    pace: 0,
  },
  kick: {
    description: "kicks forward",
    poseAt: (part, seconds) => around(part, kick(seconds)),
    pace: 0,
  },
  "lie-down": {
    description: "from standing to lying on the back",
    poseAt: forwards(lieDown),
    pace: 0,
  },
  "lower-arms": {
    description: "takes both arms down from overhead",
    poseAt: backwards(raiseArms),
    pace: 0,
  },
  "pick-up": { description: "lifts a box from the floor", poseAt: forwards(pickUp), pace: 0 },
  punch: {
    description: "punches with both fists in turn",
    poseAt: (part, seconds) => around(part, punch(seconds)),
    pace: 0,
  },
  "put-down": { description: "sets a box on the floor", poseAt: backwards(pickUp), pace: 0 },
  "raise-arms": { description: "lifts both arms overhead", poseAt: forwards(raiseArms), pace: 0 },
  run: {
    description: "runs",
    poseAt: (part, seconds) => around(part, stepping(seconds, true)),
    pace: 1.6,
  },
  "sit-down": { description: "sits down on a chair", poseAt: forwards(sitDown), pace: 0 },
  "stand-up": { description: "gets up from a chair", poseAt: backwards(sitDown), pace: 0 },
  walk: {
    description: "walks",
    poseAt: (part, seconds) => around(part, stepping(seconds, false)),
    pace: 0.65,
  },
  wave: {
    description: "waves with one raised hand",
    poseAt: (part, seconds) => around(part, wave(seconds)),
    pace: 0,
  },
};

/** The pairs that are each other's reversal in time. */
export const reversedPairs: readonly (readonly [string, string])[] = [
  ["sit-down", "stand-up"],
  ["pick-up", "put-down"],
  ["raise-arms", "lower-arms"],
  ["lie-down", "get-up"],
];

/** Names of the classes, sorted. */
export const motionClasses: readonly string[] = Object.keys(actions).sort();
