import type { Random } from "../../src/core/random.js";
import type { Colour, Paint } from "./canvas.js";
import type { Proportions } from "./skeleton.js";

/** Someone who acts: a body and a way of moving. The group of the data set: no performer is on two sides. */
export interface Performer {
  readonly body: Proportions;
  readonly skin: Colour;
  readonly hair: Colour;
  readonly longHair: boolean;
  /** Bend of the trunk added to every pose, degrees. */
  readonly stoop: number;
  /** How far from the body the hands are held, added to every pose, in reaches of the arm. */
  readonly looseness: number;
}

/** Draws a performer. */
export function drawPerformer(random: Random): Performer {
  const leg = random.uniform(0.23, 0.26);
  const skin = random.pick<Colour>([
    [241, 205, 178],
    [224, 180, 146],
    [198, 146, 108],
    [150, 103, 72],
    [104, 70, 50],
  ]);
  const hair = random.pick<Colour>([
    [38, 28, 24],
    [72, 46, 30],
    [124, 84, 48],
    [196, 160, 96],
    [120, 120, 124],
  ]);
  return {
    body: {
      leg,
      trunk: random.uniform(0.27, 0.31),
      arm: random.uniform(0.155, 0.18),
      shoulder: random.uniform(0.095, 0.12),
      hip: random.uniform(0.05, 0.065),
      head: random.uniform(0.06, 0.072),
      girth: random.uniform(0.9, 1.35),
    },
    skin,
    hair,
    longHair: random.next() < 0.4,
    stoop: random.uniform(-3, 6),
    looseness: random.uniform(-0.03, 0.1),
  };
}

/** What a performer wears in one clip. */
export interface Clothes {
  readonly shirt: Paint;
  /** Part of the arm that is covered: the forearm too, or the upper arm only. */
  readonly longSleeves: boolean;
  readonly trousers: Paint;
  readonly longTrousers: boolean;
  readonly shoes: Paint;
}

/** Draws clothes; a clip's own, so that nobody is known by them. */
export function drawClothes(random: Random): Clothes {
  const colour = (): Colour => vivid(random);
  const ringed = random.next() < 0.35;
  return {
    shirt: {
      colour: colour(),
      ...(ringed ? { rings: { colour: colour(), count: random.integer(5, 9) } } : {}),
    },
    longSleeves: random.next() < 0.5,
    trousers: { colour: colour() },
    longTrousers: random.next() < 0.7,
    shoes: { colour: colour() },
  };
}

/** A colour of any hue, more saturated than walls and floors are. */
function vivid(random: Random): Colour {
  const hue = random.uniform(0, 6);
  const value = random.uniform(70, 250);
  const saturation = random.uniform(0.45, 0.95);
  // HSV to RGB: each channel falls off with the distance of its hue (red 0, green 2, blue 4).
  const channel = (own: number): number => {
    const distance = Math.abs(((hue - own + 9) % 6) - 3);
    return value * (1 - saturation * Math.min(Math.max(distance - 1, 0), 1));
  };
  return [channel(0), channel(2), channel(4)];
}
