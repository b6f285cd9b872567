/** What the page and the server say to each other: a schema for every body. */
import { z } from "zod";
import { trainingRanges } from "../../pipeline/training-settings.js";
import { longestLabel, longestPath, mostParts, mostPaths } from "./limits.js";

/** An absolute path of a file or folder. */
export const pathSchema = z.string().min(1).max(longestPath);
const labelSchema = z.string().trim().min(1).max(longestLabel);
const secondsSchema = z.number().min(0).max(1e9);
const probability = z.number().min(0).max(1);

export const rankedSchema = z.object({ label: z.string(), confidence: probability });

export const segmentSchema = rankedSchema.extend({ start: z.number(), end: z.number() });

export const trackSchema = z.object({
  classes: z.array(z.string()),
  /** Seconds. */
  times: z.array(z.number()),
  probabilities: z.array(z.array(z.number())),
});

const errorSchema = z.object({ code: z.string(), message: z.string() });

/** The body of every refusal. */
export const refusalSchema = z.object({ error: errorSchema });

const failedResultSchema = z.object({ path: z.string(), error: errorSchema });

const labelledSchema = z.object({
  path: z.string(),
  label: z.string(),
  confidence: probability,
  top: z.array(rankedSchema),
  segments: z.array(segmentSchema),
  track: z.exactOptional(trackSchema),
  duration: z.number(),
  frames: z.number(),
  truncated: z.exactOptional(z.literal(true)),
  model: z.string(),
  cached: z.object({ frames: z.boolean(), features: z.boolean(), predictions: z.boolean() }),
  options: z.string(),
  elapsedMs: z.number(),
});

/** A line of the results, as `label` writes it; fields in its order. */
export const resultSchema = z.union([failedResultSchema, labelledSchema]);

/** A result as a page is told it: its track is asked for when its clip is opened. */
export const listedResultSchema = z.union([
  failedResultSchema,
  labelledSchema.omit({ track: true }),
]);

/** A labelled part of a video; without start and end, all of it. Seconds. */
export const partSchema = z
  .object({
    label: labelSchema,
    start: z.exactOptional(secondsSchema),
    end: z.exactOptional(secondsSchema),
  })
  .refine(({ start = 0, end }) => end === undefined || end > start, {
    message: "a part must end after its start",
  });

/** What a person says of a video; no parts: nothing. */
export const correctionSchema = z.object({
  path: pathSchema,
  parts: z.array(partSchema).max(mostParts),
});

export const correctionsSchema = z.object({
  videos: z.array(correctionSchema),
  /** Labels that are in use, sorted. */
  labels: z.array(z.string()),
  /** Path of the video that undoing would change, or null. */
  undo: z.string().nullable(),
});

export const modelSchema = z.object({
  id: z.string(),
  directory: z.string(),
  digest: z.string(),
  classes: z.array(z.string()),
  /** Accuracy on the validation clips, or null where there were none. */
  accuracy: z.number().nullable(),
  dataset: z.string(),
  /** Time of its making, ms since 1970. */
  made: z.number(),
});

const setting = (name: keyof typeof trainingRanges): z.ZodExactOptional<z.ZodNumber> => {
  const [low, high, kind] = trainingRanges[name];
  const number = z.number().min(low).max(high);
  return z.exactOptional(kind === "whole" ? number.int() : number);
};

/** A name of a model: also that of its folder. */
export const modelNameSchema = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "letters, digits, - and _, at most 64");

/** Work that is asked for; what it is done with is kept, so that it goes on after an end of the server. */
export const requestSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("label"),
    paths: z.array(pathSchema).min(1).max(mostPaths),
    model: z.string(),
    /** Seconds; see `label`. */
    window: z.exactOptional(z.number().positive().max(3600)),
  }),
  z.object({ kind: z.literal("check"), dataset: pathSchema }),
  z.object({
    kind: z.literal("train"),
    dataset: pathSchema,
    name: modelNameSchema,
    epochs: setting("epochs"),
    hidden: setting("hidden"),
    seed: setting("seed"),
    rnn: z.exactOptional(z.enum(["bilstm", "bigru", "lstm", "gru", "meanpool"])),
    /** Frames a clip. */
    count: z.exactOptional(z.number().int().min(1).max(1000)),
  }),
  z.object({ kind: z.literal("compare"), a: z.string(), b: z.string(), dataset: pathSchema }),
  z.object({ kind: z.literal("evaluate"), model: z.string(), dataset: pathSchema }),
  z.object({
    kind: z.literal("suggest"),
    folder: pathSchema,
    model: z.string(),
    count: z.number().int().min(1).max(100),
  }),
]);

const comparedSchema = z.object({ model: z.string(), accuracy: z.number() });
const interval = z.object({ low: z.number(), high: z.number() });
const failedSchema = z.array(z.object({ path: z.string(), error: errorSchema }));

/** What came of work. */
export const outcomeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("label"), labelled: z.number(), failed: z.number() }),
  z.object({
    kind: z.literal("check"),
    clips: z.number(),
    classes: z.array(z.object({ label: z.string(), clips: z.number() })),
    findings: z.array(z.object({ severity: z.enum(["error", "warning"]), message: z.string() })),
  }),
  z.object({ kind: z.literal("train"), model: modelSchema }),
  z.object({
    kind: z.literal("compare"),
    n: z.number(),
    a: comparedSchema,
    b: comparedSchema,
    onlyA: z.number(),
    onlyB: z.number(),
    difference: z.number(),
    interval,
    pValue: z.number(),
  }),
  z.object({
    kind: z.literal("evaluate"),
    split: z.string(),
    n: z.number(),
    accuracy: z.number(),
    interval,
    meanPool: z.number(),
    classes: z.array(z.string()),
    confusion: z.array(z.array(z.number())),
    clips: z.array(
      z.object({
        path: z.string(),
        start: z.exactOptional(z.number()),
        end: z.exactOptional(z.number()),
        truth: z.string(),
        label: z.string(),
        confidence: z.number(),
      }),
    ),
    failed: failedSchema,
  }),
  z.object({
    kind: z.literal("suggest"),
    videos: z.array(z.object({ path: z.string(), guess: z.string(), confidence: z.number() })),
    failed: failedSchema,
  }),
]);

const progressSchema = z.object({
  stage: z.string(),
  done: z.number(),
  total: z.exactOptional(z.number()),
  failed: z.exactOptional(z.number()),
  unit: z.exactOptional(z.string()),
});

export const jobSchema = z.object({
  id: z.string(),
  request: requestSchema,
  state: z.enum(["waiting", "running", "done", "failed", "stopped"]),
  progress: z.exactOptional(progressSchema),
  /** Of a training, epoch by epoch. */
  epochs: z.array(
    z.object({
      stage: z.string(),
      epoch: z.number(),
      loss: z.number(),
      validationLoss: z.exactOptional(z.number()),
      validationAccuracy: z.exactOptional(z.number()),
    }),
  ),
  warnings: z.array(z.string()),
  outcome: z.exactOptional(outcomeSchema),
  error: z.exactOptional(errorSchema),
});

/** All that a page needs when it is opened. */
export const stateSchema = z.object({
  roots: z.array(z.string()),
  /** Path of the manifest of corrections. */
  manifest: z.string(),
  uploads: z.string(),
  models: z.array(modelSchema),
  results: z.array(listedResultSchema),
  corrections: correctionsSchema,
  jobs: z.array(jobSchema),
});

/** What the server tells of itself as it happens. */
export const eventSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("job"), job: jobSchema }),
  z.object({ type: z.literal("result"), result: listedResultSchema }),
  z.object({ type: z.literal("corrections"), corrections: correctionsSchema }),
  z.object({ type: z.literal("models"), models: z.array(modelSchema) }),
]);

export const folderSchema = z.object({
  path: z.string(),
  /** The folder above, or null where it is not served. */
  above: z.string().nullable(),
  folders: z.array(z.object({ name: z.string(), path: z.string() })),
  videos: z.array(z.object({ name: z.string(), path: z.string() })),
  manifests: z.array(z.object({ name: z.string(), path: z.string() })),
  /** Entries that are left out because there are too many. */
  more: z.number(),
});

/** Probabilities over a video's time. */
export const timelineSchema = trackSchema.extend({
  /** windows: of each moment; seen: of all up to that moment. */
  of: z.enum(["windows", "seen"]),
});

export type Ranked = z.infer<typeof rankedSchema>;
export type StudioResult = z.infer<typeof resultSchema>;
export type ListedResult = z.infer<typeof listedResultSchema>;
export type LabelledResult = Extract<ListedResult, { label: string }>;
export type Part = z.infer<typeof partSchema>;
export type Correction = z.infer<typeof correctionSchema>;
export type Corrections = z.infer<typeof correctionsSchema>;
export type ModelEntry = z.infer<typeof modelSchema>;
export type WorkRequest = z.infer<typeof requestSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type Job = z.infer<typeof jobSchema>;
export type StudioState = z.infer<typeof stateSchema>;
export type StudioEvent = z.infer<typeof eventSchema>;
export type Folder = z.infer<typeof folderSchema>;
export type Timeline = z.infer<typeof timelineSchema>;
