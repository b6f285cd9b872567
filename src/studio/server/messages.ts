/** What the page and the server say to each other: a schema for every body. */
import { z } from "zod";
import { longestLabel, mostParts } from "./limits.js";
import { errorSchema, jobSchema, modelSchema, pathSchema } from "./work-messages.js";

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
export type StudioState = z.infer<typeof stateSchema>;
export type StudioEvent = z.infer<typeof eventSchema>;
export type Folder = z.infer<typeof folderSchema>;
export type Timeline = z.infer<typeof timelineSchema>;
