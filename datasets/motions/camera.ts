import type { Random } from "../../src/core/random.js";
import type { Vector } from "./vector.js";

/** Size of the pictures, pixels. */
export const frameWidth = 320;
export const frameHeight = 240;

/** How a clip is filmed. */
export interface Shot {
  /** Angle between where the figure faces and the picture's plane, degrees: 0 in profile, 90 towards the viewer. */
  readonly azimuth: number;
  /** The figure faces right, or left. */
  readonly mirrored: boolean;
  /** How far the camera looks down, degrees. */
  readonly pitch: number;
  /** Pixels of a body's height. */
  readonly size: number;
  /** Where the figure stands in the picture, pixels. */
  readonly footX: number;
  readonly footY: number;
  /** Movement of the picture over the clip, pixels a second. */
  readonly panX: number;
  readonly panY: number;
  /** Growth of the picture a second. */
  readonly zoom: number;
  /** Trembling of the hand: pixels, and turns a second. */
  readonly shake: number;
  readonly shakeRate: number;
  /** Part of a walker's way that the camera follows. */
  readonly follow: number;
}

/** How strongly the camera moves. The unit of each follows its name in {@link Shot}. */
export const cameraRanges = {
  size: [0.35, 0.9],
  azimuth: [12, 62],
  pitch: [8, 20],
  pan: 14,
  zoom: 0.04,
  shake: 2.2,
} as const;

/** Draws how a clip is filmed. Nothing here knows what is done in it. */
export function drawShot(random: Random): Shot {
  const { azimuth, pitch, size, pan, zoom, shake } = cameraRanges;
  // Large figures are more frequent than small ones, as in films of people.
  const share = size[0] + (size[1] - size[0]) * Math.cbrt(random.next());
  const pixels = share * frameHeight;
  // Somewhere the whole figure is seen; a large one stands near the lower edge.
  const lowest = frameHeight - 8;
  const highest = Math.min(lowest, pixels * 1.04 + 4);
  const room = Math.max(0, frameWidth / 2 - pixels * 0.55 - 10);
  return {
    azimuth: random.uniform(azimuth[0], azimuth[1]),
    mirrored: random.next() < 0.5,
    pitch: random.uniform(pitch[0], pitch[1]),
    size: pixels,
    footX: frameWidth / 2 + random.uniform(-room, room),
    footY: lowest - random.next() * 0.5 * (lowest - highest),
    panX: random.uniform(-pan, pan),
    panY: random.uniform(-pan, pan) / 4,
    zoom: random.uniform(-zoom, zoom),
    shake: random.next() < 0.5 ? random.uniform(0, shake) : 0,
    shakeRate: random.uniform(1.5, 4),
    follow: random.uniform(0.25, 0.65),
  };
}

/** The camera at one moment. */
export interface View {
  /** Where a place in the figure's space is in the picture: x, y in pixels, and depth towards the viewer. */
  project(place: Vector): [number, number, number];
  /** Pixels of a body's height. */
  readonly scale: number;
  /** Height over width of a circle on the ground as it is seen. */
  readonly flatness: number;
  /** The background's place under a pixel: zoom · pixel + offset. */
  readonly zoom: number;
  readonly offsetX: number;
  readonly offsetY: number;
}

/**
 * Points the camera.
 *
 * @param seconds from the middle of the clip
 * @param walked where the figure is on its way, in heights of its body
 */
export function viewAt(shot: Shot, seconds: number, walked: number): View {
  const radians = Math.PI / 180;
  const [ca, sa] = [Math.cos(shot.azimuth * radians), Math.sin(shot.azimuth * radians)];
  const [cp, sp] = [Math.cos(shot.pitch * radians), Math.sin(shot.pitch * radians)];
  const side = shot.mirrored ? -1 : 1;
  const tremble = 2 * Math.PI * shot.shakeRate * seconds;
  const magnification = 1 + shot.zoom * seconds;
  const followed = side * walked * ca * shot.size * shot.follow;
  const shiftX = shot.panX * seconds + shot.shake * Math.sin(tremble) - followed;
  const shiftY = shot.panY * seconds + shot.shake * Math.sin(1.7 * tremble + 1);
  const middleX = frameWidth / 2;
  const middleY = frameHeight / 2;
  return {
    project([forward, up, left]) {
      const right = (forward + walked) * ca + left * sa;
      const depth = forward * sa - left * ca;
      const x = shot.footX + side * right * shot.size + shiftX;
      const y = shot.footY + (depth * sp - up * cp) * shot.size + shiftY;
      return [
        middleX + (x - middleX) * magnification,
        middleY + (y - middleY) * magnification,
        depth * cp + up * sp,
      ];
    },
    scale: shot.size * magnification,
    flatness: Math.max(sp, 0.12),
    zoom: 1 / magnification,
    offsetX: middleX - middleX / magnification - shiftX,
    offsetY: middleY - middleY / magnification - shiftY,
  };
}
