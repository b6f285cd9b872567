/**
 * Queue: videos labelled by many machines. A submitter adds a job a video to a queue in Redis (BullMQ); workers take
 * them, and leave the results there until the submitter has written them.
 *
 * This file: what a job says. Whoever can write to Redis can write one, so that a worker checks each.
 */
import { z } from "zod";
import { digestOf } from "../../core/digest.js";
import { MuybridgeError } from "../../core/errors.js";
import { describeIssues } from "../../core/schema-issues.js";
import type { LabelChoices } from "../label-settings.js";

/** Longest path or address, in characters. */
const longestPlace = 4096;

const place = z.string().min(1).max(longestPlace);

const digest = z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256");

const choices = z.strictObject({
  top: z.number().optional(),
  threshold: z.number().optional(),
  strict: z.boolean().optional(),
  window: z.number().optional(),
  stride: z.number().optional(),
  minLength: z.number().optional(),
  track: z.boolean().optional(),
});

const schema = z.strictObject({
  version: z.literal(1),
  /** Where the video is: a path that worker and submitter share, absolute or from the worker's root; or an address. */
  video: z.union([z.strictObject({ path: place }), z.strictObject({ url: place })]),
  /** SHA-256 of the video's content, where the submitter could read it. */
  content: digest.optional(),
  model: z.strictObject({ digest: z.string().min(1).max(128), path: place }),
  /** Digest of the model and all settings, as the submitter understood them. */
  options: z.string().regex(/^[0-9a-f]{16}$/),
  choices,
});

/** Where a job's video is. */
export type VideoPlace = { readonly path: string } | { readonly url: string };

/** A video to be labelled, as it stands in Redis. */
export interface VideoJob {
  readonly version: 1;
  readonly video: VideoPlace;
  readonly content?: string;
  readonly model: { readonly digest: string; readonly path: string };
  readonly options: string;
  readonly choices: LabelChoices;
}

/**
 * Checks what a job says.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function parseVideoJob(data: unknown): VideoJob {
  const parsed = schema.safeParse(data);
  // Absent fields stay absent.
  if (parsed.success) return data as VideoJob;
  const { field, text } = describeIssues(parsed.error);
  throw new MuybridgeError(
    "ERR_USAGE",
    `The job is not one of this version of Muybridge:\n${text}\nUse the same version for worker and submit.`,
    { parameter: field },
  );
}

/**
 * By what a job is known: the video's content and all that decides its labels, so that whoever asks for the same
 * shares it. A video that only the worker can read is known by its address.
 *
 * @param own tells the job of one place from those of others with the same content
 */
export function jobIdOf({ video, content, options }: VideoJob, own = false): string {
  return digestOf({ options, ...(content === undefined || own ? { video } : {}), content });
}
