/**
 * Tuning: a loss that can only be asked for in, the settings with the lowest one out. The Whale Optimization
 * Algorithm, and random search to hold against it; of use for any function, whether of a network or not.
 */
import { MuybridgeError } from "../../core/errors.js";

/** A number between two bounds, both included. */
export interface RealDimension {
  readonly type: "real";
  readonly low: number;
  readonly high: number;
  /** "log" where orders of magnitude matter; the bounds are then above 0. Default "linear". */
  readonly scale?: "linear" | "log";
  /** Significant digits that values are rounded to. Default: not rounded. */
  readonly digits?: number;
}

/** A whole number between two bounds, both included. */
export interface IntegerDimension {
  readonly type: "integer";
  readonly low: number;
  readonly high: number;
  /** "log" where orders of magnitude matter; the bounds are then above 0. Default "linear". */
  readonly scale?: "linear" | "log";
  /** Values are `low`, `low + step`, … Default 1. */
  readonly step?: number;
}

/** One of some choices. Neighbours in the list are near each other to the optimiser, so order them if there is one. */
export interface CategoricalDimension<Choice extends string | number = string | number> {
  readonly type: "categorical";
  readonly choices: readonly Choice[];
}

/** What one setting can be. */
export type Dimension = RealDimension | IntegerDimension | CategoricalDimension;

/** What each setting can be, by the setting's name. */
export type SearchSpace = Readonly<Record<string, Dimension>>;

/** A point of a search space. */
export type Settings<Space extends SearchSpace> = {
  readonly [Name in keyof Space]: Space[Name] extends CategoricalDimension<infer Choice>
    ? Choice
    : number;
};

/** The box that an optimiser moves in, one coordinate a setting. */
export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/**
 * Where the coordinates have their zero: "zero" takes a linear number for its own coordinate, as the published
 * Whale Optimization Algorithm does; "centre" puts zero into the middle of each range. It matters to an optimiser
 * that is drawn to zero.
 */
export type Origin = "zero" | "centre";

/**
 * Checks a space that comes from a caller.
 *
 * @throws MuybridgeError ERR_USAGE naming the setting.
 */
export function checkSpace(space: SearchSpace): void {
  const complain = (parameter: string, message: string): never => {
    throw new MuybridgeError("ERR_USAGE", message, { parameter });
  };
  const entries = Object.entries(space);
  if (entries.length === 0) complain("space", "There is no setting to search for.");
  for (const [name, dimension] of entries) {
    if (dimension.type === "categorical") {
      if (dimension.choices.length === 0) complain(name, `${name} has no choices.`);
      continue;
    }
    const { type, low, high, scale = "linear" } = dimension;
    if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
      complain(name, `${name} needs two finite bounds, the lower one first.`);
    }
    if (scale === "log" && low <= 0) {
      complain(name, `${name} is searched by orders of magnitude, so low must be above 0.`);
    }
    const step = type === "integer" ? (dimension.step ?? 1) : 1;
    if (type === "integer" && ![low, high, step].every(Number.isInteger)) {
      complain(name, `${name} is a whole number; so must its bounds and its step be.`);
    }
    if (step < 1) complain(name, `${name} needs a step of at least 1.`);
    const digits = type === "real" ? (dimension.digits ?? 1) : 1;
    if (!(Number.isInteger(digits) && digits >= 1 && digits <= 17)) {
      complain(name, `${name} can be rounded to 1 to 17 digits.`);
    }
  }
}

/** Whether settings can repeat: none of them is a number that is not rounded. */
export function canRepeat(space: SearchSpace): boolean {
  return Object.values(space).every(
    (dimension) => dimension.type !== "real" || dimension.digits !== undefined,
  );
}

/** The box of a space's coordinates, in the order of its settings. */
export function boxOf(space: SearchSpace, origin: Origin): Box {
  const ranges = Object.values(space).map(rangeOf);
  const shift = ([low, high]: Range): number => (origin === "centre" ? (low + high) / 2 : 0);
  return {
    low: Float64Array.from(ranges, (range) => range[0] - shift(range)),
    high: Float64Array.from(ranges, (range) => range[1] - shift(range)),
  };
}

/** The settings at a place in {@link boxOf}'s box. */
export function settingsAt<Space extends SearchSpace>(
  space: Space,
  position: Float64Array,
  origin: Origin,
): Settings<Space> {
  const settings: Record<string, string | number> = {};
  let index = 0;
  for (const name in space) {
    const dimension = space[name]!;
    const coordinate = position[index++]!;
    const [low, high] = origin === "centre" ? rangeOf(dimension) : [0, 0];
    settings[name] = valueAt(dimension, coordinate + (low + high) / 2);
  }
  return settings as Settings<Space>;
}

/** Lowest and highest coordinate. */
type Range = readonly [number, number];

/** Whole numbers and choices reach half a step further at both ends, so that the ends are as likely as the others. */
function rangeOf(dimension: Dimension): Range {
  if (dimension.type === "categorical") return [-0.5, dimension.choices.length - 0.5];
  const { type, low, high, scale = "linear" } = dimension;
  const margin = type === "integer" ? (dimension.step ?? 1) / 2 : 0;
  if (scale === "linear") return [low - margin, high + margin];
  return [Math.log10(low - margin > 0 ? low - margin : low), Math.log10(high + margin)];
}

function valueAt(dimension: Dimension, coordinate: number): string | number {
  if (dimension.type === "categorical") {
    const { choices } = dimension;
    return choices[clamp(Math.round(coordinate), 0, choices.length - 1)]!;
  }
  const { type, low, high, scale = "linear" } = dimension;
  const exact = scale === "log" ? 10 ** coordinate : coordinate;
  if (type === "real") {
    const { digits } = dimension;
    return clamp(digits === undefined ? exact : Number(exact.toPrecision(digits)), low, high);
  }
  const step = dimension.step ?? 1;
  const last = low + Math.floor((high - low) / step) * step;
  return clamp(low + Math.round((exact - low) / step) * step, low, last);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
