import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { Model } from "./model.js";
import type { WindowSettings } from "./windows/window-plan.js";

/** What a caller may say of how videos are labelled. */
export interface LabelChoices {
  /** How many classes `top` lists. Default 5, or all where there are fewer. */
  readonly top?: number;
  /**
   * Below this confidence, in [0, 1], the label is `unknown`; a segment, once it was reached, goes on down to half of it.
   * Default 0.
   */
  readonly threshold?: number;
  /** Makes a truncated video a failure (ERR_TRUNCATED_VIDEO). */
  readonly strict?: boolean;
  /**
   * Seconds of a window that slides over the video, to find segments in a long one: about as long as the clips that the
   * model was trained on. Default: one label a video.
   */
  readonly window?: number;
  /** Seconds from one window to the next, and how exact segments are. Default: a quarter of the window. */
  readonly stride?: number;
  /** Seconds below which a segment goes to its neighbours. Default: half the window; without one, 0. */
  readonly minLength?: number;
  /** Adds the probabilities over time to each result. Default false. */
  readonly track?: boolean;
}

/** The choices among the properties of an object that may have more. */
export function labelChoicesOf(options: LabelChoices): LabelChoices {
  const { top, threshold, strict, window, stride, minLength, track } = options;
  return {
    ...(top === undefined ? {} : { top }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(strict === undefined ? {} : { strict }),
    ...(window === undefined ? {} : { window }),
    ...(stride === undefined ? {} : { stride }),
    ...(minLength === undefined ? {} : { minLength }),
    ...(track === undefined ? {} : { track }),
  };
}

/** All that decides a video's labels beside the model and the video. */
export interface LabelSettings {
  readonly top: number;
  readonly threshold: number;
  readonly strict: boolean;
  /** Absent for one label a video, or, of a model that labels each frame, one window over all of it. */
  readonly windows?: WindowSettings;
  readonly minLength: number;
  readonly track: boolean;
}

/** Part of a window that is the stride where none is given; nothing is decoded or seen by the CNN twice for it. */
const usualStride = 0.25;

/** Part of a window that is the shortest segment where none is given: what a window sees less of is hardly seen. */
const usualMinLength = 0.5;

/** Longest window, in seconds. */
const longestWindow = 3600;

/** Shortest stride, in seconds: half a frame of 50 Hz. */
const shortestStride = 0.01;

/** Frames a second that a plan may ask for. */
const highestRate = 1000;

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE for what is out of range, or is only for windows where there are none.
 */
export function chooseLabelSettings(choices: LabelChoices, model: Model): LabelSettings {
  const { threshold = 0, strict = false, track = false, window } = choices;
  const top = Math.min(choices.top ?? 5, model.classes.length);
  checkOption("top", top, Number.isInteger(top) && top >= 1, "a whole number of at least 1");
  checkOption("threshold", threshold, threshold >= 0 && threshold <= 1, "a number in [0, 1]");
  const windows = window === undefined ? undefined : windowSettings(window, choices, model);
  if (!windows) {
    const given = Object.entries({
      stride: choices.stride,
      minLength: model.isPerFrame ? undefined : choices.minLength,
      track: track && !model.isPerFrame ? track : undefined,
    }).find(([, value]) => value !== undefined);
    if (given)
      complain(given[0], `${given[0]} goes with a window; without one a video has one label.`);
  }
  const minLength = choices.minLength ?? usualMinLength * (window ?? 0);
  const isLength = minLength >= 0 && Number.isFinite(minLength);
  checkOption("minLength", minLength, isLength, "a number of seconds, at least 0");
  return { top, threshold, strict, ...(windows ? { windows } : {}), minLength, track };
}

function windowSettings(
  window: number,
  choices: LabelChoices,
  { settings }: Model,
): WindowSettings {
  const isRange = window >= shortestStride && window <= longestWindow;
  const range = `a number of seconds from ${shortestStride} to ${longestWindow}`;
  checkOption("window", window, isRange, range);
  const count = settings.kind === "video" ? (settings.plan.count ?? 0) : 0;
  checkOption(
    "window",
    window,
    count / window <= highestRate,
    `at least ${count / highestRate} s, since the model looks at ${count} frames a window`,
  );
  const stride = choices.stride ?? Math.max(usualStride * window, shortestStride);
  checkOption(
    "stride",
    stride,
    stride >= shortestStride && stride <= window,
    `from ${shortestStride} s to the window's ${window} s, so that every moment is in a window`,
  );
  return { window, stride };
}

/** Tells results that were made with the same model and the same settings: 16 hexadecimal digits. */
export function settingsDigest(settings: LabelSettings, model: Model): string {
  return digestOf({ settings, model: model.digest }).slice(0, 16);
}

function checkOption(parameter: string, value: number, ok: boolean, wanted: string): void {
  if (!ok) complain(parameter, `${parameter} must be ${wanted}; it is ${value}.`);
}

function complain(parameter: string, message: string): never {
  throw new MuybridgeError("ERR_USAGE", message, { parameter });
}
