import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createRandom, type Random } from "../../src/core/random.js";
import { writeVideo } from "../../src/frames/video-writer.js";
import { type Action, actions } from "./actions.js";
import { drawBackground, paintBackground } from "./background.js";
import { drawShot, frameHeight, frameWidth, viewAt } from "./camera.js";
import { applyShadow, type Canvas, type Colour, type Light } from "./canvas.js";
import { type ClipPlan, drawTiming, frameRate, type Timing } from "./clip-plan.js";
import { castShadow, figureParts } from "./figure.js";
import { drawClothes, drawPerformer, type Performer } from "./performer.js";
import type { Pose } from "./pose.js";
import { boxParts, chairParts } from "./props.js";
import { boxOnFloor, skeletonOf } from "./skeleton.js";
import type { Vector } from "./vector.js";

/** How much the picture is disturbed. */
export const disturbance = {
  /** Sensor noise, deviation in levels of 255: lowest and highest. */
  noise: [1, 4],
  /** Brightness: lowest and highest. */
  brightness: [0.78, 1.18],
  /** Colour cast: how far each channel's brightness may be from the others'. */
  cast: 0.1,
} as const;

/** How often a chair or a box stands about in a clip that does not need it. */
const propChance = 0.55;

/** Renders a clip and encodes it as H.264 .mp4, 320 x 240, 25 frames a second. Same plan, same bytes. */
export async function renderMotionsClip(
  plan: ClipPlan,
  path: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeVideo(path, renderFrames(plan), {
    width: frameWidth,
    height: frameHeight,
    frameRate,
    ...options,
  });
}

/** The frames of a clip, each uint8 RGB [240, 320, 3]. A frame is valid until the next is asked for. */
export function* renderFrames(plan: ClipPlan): Generator<Uint8Array, void> {
  const action = actions[plan.label]!;
  const random = createRandom(plan.clipSeed);
  const performer = drawPerformer(createRandom(plan.castSeed).fork(`performer ${plan.performer}`));
  const timing = drawTiming(plan.clipSeed);
  const shot = drawShot(random.fork("shot"));
  const clothes = drawClothes(random.fork("clothes"));
  const background = drawBackground(
    random.fork("background"),
    Math.round(shot.footY - 0.3 * shot.size),
  );
  const scenery = drawScenery(random.fork("props"), plan.label);
  const finish = createFinish(random.fork("light"));
  const { light, slant } = drawLight(random.fork("sun"), shot.mirrored);
  const sway = random.fork("sway").uniform(0, 2 * Math.PI);
  const canvas: Canvas = {
    width: frameWidth,
    height: frameHeight,
    pixels: new Uint8Array(frameWidth * frameHeight * 3),
  };
  const mask = new Float32Array(frameWidth * frameHeight);
  const frames = Math.round(timing.duration * frameRate);
  for (let index = 0; index < frames; index++) {
    const seconds = index / frameRate;
    const fromMiddle = seconds - timing.duration / 2;
    const moment = momentAt(action, timing, seconds);
    const pose = lived(moment.pose, performer, seconds, sway);
    const skeleton = skeletonOf(pose, performer.body);
    const view = viewAt(shot, fromMiddle, moment.walked);
    paintBackground(background, canvas, view, seconds);
    castShadow(mask, canvas, skeleton, performer.body.girth, view, slant);
    applyShadow(mask, canvas, 0.45);
    const box = scenery.boxInHand ? skeleton.box : scenery.box;
    const standing = -moment.walked;
    const still = ([forward, up, left]: Vector): Vector => [forward + standing, up, left];
    const parts = [
      ...figureParts(skeleton, performer, clothes, view, light),
      ...(scenery.chair ? chairParts(still(scenery.chair), scenery.chairColour, view, light) : []),
      ...(box ? boxParts(scenery.boxInHand ? box : still(box), scenery.boxColour, view) : []),
    ];
    parts.sort((a, b) => a.depth - b.depth);
    for (const part of parts) part.draw(canvas);
    finish(canvas, index);
    yield canvas.pixels;
  }
}

interface Moment {
  readonly pose: Pose;
  /** Where the figure is on its way, in heights of its body; 0 in the middle. */
  readonly walked: number;
}

function momentAt(action: Action, { begins, ends, speed }: Timing, seconds: number): Moment {
  const part = Math.min(Math.max((seconds - begins) / (ends - begins), 0), 1);
  const length = (ends - begins) * speed;
  return {
    pose: action.poseAt(part, part * length),
    walked: action.pace * length * (part - 0.5),
  };
}

/** A pose as this performer holds it: breathing, swaying, with habits. */
function lived(pose: Pose, { stoop, looseness }: Performer, seconds: number, sway: number): Pose {
  const breath = Math.sin(2 * Math.PI * 0.35 * seconds + sway);
  const loosen = ([forward, up, out]: readonly [number, number, number]): [
    number,
    number,
    number,
  ] => [forward + 0.012 * breath, up, out + looseness];
  return {
    ...pose,
    lean: pose.lean + stoop + 0.9 * breath,
    nod: pose.nod + 1.5 * Math.sin(0.7 * seconds + sway),
    leftHand: loosen(pose.leftHand),
    rightHand: loosen(pose.rightHand),
  };
}

interface Scenery {
  readonly chair: Vector | undefined;
  readonly chairColour: Colour;
  readonly box: Vector | undefined;
  readonly boxInHand: boolean;
  readonly boxColour: Colour;
}

/** Chairs and boxes: where an action needs one, and by chance in all the others, so that neither tells the action. */
function drawScenery(random: Random, label: string): Scenery {
  const needsChair = label === "sit-down" || label === "stand-up";
  const needsBox = label === "pick-up" || label === "put-down";
  const colour = (): Colour => [
    random.uniform(60, 220),
    random.uniform(50, 190),
    random.uniform(40, 170),
  ];
  const aside = (): Vector => [
    random.pick([-1, 1]) * random.uniform(0.45, 0.95),
    0,
    random.uniform(-0.5, 0.3),
  ];
  const chairSpot: Vector = [-0.24, 0, 0];
  const elsewhere = random.next() < 0.3 ? chairSpot : aside();
  const chair = needsChair ? chairSpot : random.next() < propChance ? elsewhere : undefined;
  const [forward, , left] = aside();
  const boxElsewhere: Vector = random.next() < 0.3 ? boxOnFloor : [forward, boxOnFloor[1], left];
  const box = random.next() < propChance ? boxElsewhere : undefined;
  return { chair, chairColour: colour(), box, boxInHand: needsBox, boxColour: colour() };
}

function drawLight(
  random: Random,
  mirrored: boolean,
): { light: Light; slant: readonly [number, number] } {
  const aside = random.uniform(-0.6, 0.6);
  const down = random.uniform(0.35, 0.75);
  const towards = Math.sqrt(Math.max(0, 1 - aside * aside - down * down));
  return {
    light: [aside, -down, towards],
    slant: [(mirrored ? 1 : -1) * 0.6 * aside, random.uniform(-0.2, 0.25)],
  };
}

/** Brightness, colour cast, flicker and noise of the camera, over the finished picture. */
function createFinish(random: Random): (canvas: Canvas, index: number) => void {
  const { noise, brightness, cast } = disturbance;
  const gain = random.uniform(brightness[0], brightness[1]);
  const gains = [0, 1, 2].map(() => gain * (1 + random.uniform(-cast, cast)));
  const deviation = random.uniform(noise[0], noise[1]);
  const levels = gains.map((factor) =>
    Int16Array.from({ length: 256 }, (_, value) => Math.round(value * factor)),
  );
  const [red, green, blue] = levels as [Int16Array, Int16Array, Int16Array];
  // A prime length and a new start every frame, so that the grain does not stand still.
  const grain = Int8Array.from({ length: 65_521 }, () => Math.round(deviation * random.normal()));
  const starts = Array.from({ length: 128 }, () => random.integer(0, grain.length - 1));
  return (canvas, index) => {
    const pixels = new Uint8ClampedArray(canvas.pixels.buffer, canvas.pixels.byteOffset);
    let at = starts[index % starts.length]!;
    for (let i = 0; i < pixels.length; i += 3) {
      const disturbed = grain[at]!;
      at = at + 1 === grain.length ? 0 : at + 1;
      pixels[i] = red[pixels[i]!]! + disturbed;
      pixels[i + 1] = green[pixels[i + 1]!]! + disturbed;
      pixels[i + 2] = blue[pixels[i + 2]!]! + disturbed;
    }
  };
}
