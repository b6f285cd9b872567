import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import type { Model } from "./model.js";

/** What a caller may say of how videos are labelled. */
export interface LabelChoices {
  /** How many classes `top` lists. Default 5, or all where there are fewer. */
  readonly top?: number;
  /** Below this confidence, in [0, 1], the label is `unknown`. Default 0. */
  readonly threshold?: number;
  /** Makes a truncated video a failure (ERR_TRUNCATED_VIDEO). */
  readonly strict?: boolean;
}

/** All that decides a video's labels beside the model and the video. */
export interface LabelSettings {
  readonly top: number;
  readonly threshold: number;
  readonly strict: boolean;
}

/**
 * Fills in what is left out.
 *
 * @throws MuybridgeError ERR_USAGE for what is out of range.
 */
export function chooseLabelSettings(choices: LabelChoices, { classes }: Model): LabelSettings {
  const { threshold = 0, strict = false } = choices;
  const top = Math.min(choices.top ?? 5, classes.length);
  checkOption("top", top, Number.isInteger(top) && top >= 1, "a whole number of at least 1");
  checkOption("threshold", threshold, threshold >= 0 && threshold <= 1, "a number in [0, 1]");
  return { top, threshold, strict };
}

/** Tells results that were made with the same model and the same settings: 16 hexadecimal digits. */
export function settingsDigest(settings: LabelSettings, model: Model): string {
  return digestOf({ settings, model: model.digest }).slice(0, 16);
}

function checkOption(parameter: string, value: number, ok: boolean, wanted: string): void {
  if (ok) return;
  throw new MuybridgeError("ERR_USAGE", `${parameter} must be ${wanted}; it is ${value}.`, {
    parameter,
  });
}
