/** Work that is asked for and what comes of it, as the page and the server say it to each other. */
import { z } from "zod";
import { trainingRanges } from "../../pipeline/training-settings.js";
import { longestPath, mostPaths } from "./limits.js";

/** An absolute path of a file or folder. */
export const pathSchema = z.string().min(1).max(longestPath);

/** What went wrong. */
export const errorSchema = z.object({ code: z.string(), message: z.string() });

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
    /** A model whose clips are learned from, too; its network is taken where no other is chosen. */
    from: z.exactOptional(z.string()),
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

export type ModelEntry = z.infer<typeof modelSchema>;
export type WorkRequest = z.infer<typeof requestSchema>;
export type Outcome = z.infer<typeof outcomeSchema>;
export type Job = z.infer<typeof jobSchema>;
