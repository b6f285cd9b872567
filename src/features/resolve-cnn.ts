import { digestOf } from "../core/digest.js";
import { MuybridgeError } from "../core/errors.js";
import { catalogue } from "./catalogue.js";
import type { CatalogueEntry } from "./catalogue-entry.js";
import {
  type ActivationRanges,
  type CnnChoice,
  type CnnEngine,
  type CnnFormat,
  cnnEngines,
  type Precision,
  precisions,
} from "./cnn-choice.js";
import { fileCnn } from "./cnn-file.js";
import { checkEngine } from "./engine-formats.js";
import { checkPreprocessing, type Preprocessing } from "./preprocessing.js";

/** A CNN with all decided that can be without computing. */
export interface ResolvedCnn {
  /** Catalogue name, or the file's path. */
  readonly id: string;
  readonly engine: CnnEngine;
  readonly precision: Precision;
  readonly format: CnnFormat;
  readonly layer?: string;
  /** What is known of it; the file says the rest. */
  readonly preprocessing: Partial<Preprocessing>;
  readonly ranges?: ActivationRanges;
  /** Whether it is known to take frames of any side, and the caller wants no certain one. */
  readonly takesAnySize: boolean;
  /** Where the file is; undefined for embedded weights. */
  readonly path?: string;
  /** Reads the file. */
  readonly read: () => Promise<Uint8Array>;
  /** SHA-256 of all that decides the features. */
  readonly digest: string;
  /** SHA-256 of what decides them in float32, without the ranges: what ranges are measured on. */
  readonly floatDigest: string;
  /** The catalogue's entry where it comes from there. */
  readonly entry?: CatalogueEntry;
}

/** Version of how networks are prepared; a new one makes new features. */
export const conversionVersion = 3;

/** Version of how networks are laid out in int8; a new one makes new features of those. */
export const quantisationVersion = 1;

/**
 * Resolves a choice: finds the catalogue entry or the file, and what decides its features.
 *
 * @throws MuybridgeError ERR_USAGE, ERR_WEIGHTS_UNAVAILABLE, ERR_FILE_NOT_FOUND.
 */
export async function resolveCnn(choice: CnnChoice): Promise<ResolvedCnn> {
  const { cnn, precision = "float32" } = choice;
  checkChoice(choice);
  checkPreprocessing(choice.preprocessing ?? {});
  const entry = catalogue.find(({ name }) => name === cnn);
  // Before the weights are looked for: they may have to be fetched.
  if (entry) checkEngine({ id: cnn, format: entry.format, precision, engine: choice.engine });
  const source = entry
    ? { ...entry.source, format: entry.format, weightsDigest: await entry.source.digest() }
    : await fileCnn(cnn);
  const engine = choice.engine ?? (source.format === "tfjs" ? "tfjs" : "onnx");
  checkEngine({ id: cnn, format: source.format, precision, engine });
  const layer = choice.layer ?? entry?.layer;
  const preprocessing = { ...entry?.preprocessing, ...choice.preprocessing };
  // Ranges belong to one network as it is prepared: other preprocessing makes other values.
  const asMeasured = choice.preprocessing === undefined && layer === entry?.layer;
  const ranges = choice.ranges ?? (asMeasured ? entry?.ranges : undefined);
  const takesAnySize =
    entry?.takesAnySize === true &&
    engine === "onnx" &&
    layer === entry.layer &&
    choice.preprocessing?.inputSize === undefined;
  const usedRanges = precision === "int8" ? ranges : undefined;
  const path = source.path ?? entry?.source.locate();
  const decisions = {
    conversionVersion,
    weights: source.weightsDigest,
    layer,
    preprocessing,
    engine,
  };
  const floatDigest = digestOf({ ...decisions, precision: "float32" });
  const digest =
    precision === "float32"
      ? floatDigest
      : digestOf({ ...decisions, precision, quantisationVersion, ranges: usedRanges });
  return {
    id: cnn,
    engine,
    precision,
    format: source.format,
    preprocessing,
    read: source.read,
    digest,
    floatDigest,
    takesAnySize,
    ...(layer === undefined ? {} : { layer }),
    ...(usedRanges === undefined ? {} : { ranges: usedRanges }),
    ...(path === undefined ? {} : { path }),
    ...(entry === undefined ? {} : { entry }),
  };
}

function checkChoice({ engine, precision }: CnnChoice): void {
  if (engine !== undefined && !cnnEngines.includes(engine)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `There is no engine "${String(engine)}"; there are ${cnnEngines.join(" and ")}.`,
      { parameter: "engine" },
    );
  }
  if (precision !== undefined && !precisions.includes(precision)) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `precision must be ${precisions.join(" or ")}; it is "${String(precision)}".`,
      { parameter: "precision" },
    );
  }
}
