import { z } from "zod";
import { clipDigest } from "../../datasets/dataset.js";
import { messageOf } from "../core/errors.js";
import { cnnEngines, precisions } from "../features/cnn-choice.js";
import { channelOrders, layouts, maxInputSize } from "../features/preprocessing.js";
import {
  type StreamName,
  streamDimension,
  streamNames,
} from "../features/streams/feature-stream.js";
import { decoderNames, fits, type SamplingPlan, type Span } from "../frames/decoder.js";
import { checkSamplingPlan } from "../frames/sampling-plan.js";
import { maxDimension } from "../sequence/file-sequence.js";
import { networkEngines } from "../sequence/network-engine.js";
import { cells, outputs, poolings } from "../sequence/network-shape.js";
import { clippingWays } from "../sequence/optimisers/clipping.js";
import { optimiserNames } from "../sequence/optimisers/open-optimiser.js";
import { pools } from "../sequence/pooled-blocks.js";
import { scheduleNames } from "../sequence/training/learning-rate-schedule.js";
import { headChoices, heads } from "./heads.js";
import { networkInputs } from "./network-recipe.js";
import { checkStreams } from "./stream-settings.js";

/** Version of the model directory's format. */
export const modelFormatVersion = 5;

/** Longest list of classes a model may bring; ActivityNet and Kinetics have hundreds. */
const maxClasses = 100_000;

/** Longest name of a group, in characters: a class and what a manifest may call it. */
const maxGroupLength = 20_000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const fraction = z.number().min(0).max(1);
const split = z.enum(["train", "validation", "test"]);

const span = {
  start: z.number().min(0).optional(),
  end: z.number().positive().optional(),
};

/** What `train --from` needs of a clip, beside its side, to learn from it again. */
const clip = z.strictObject({
  label: z.string().min(1).max(1000),
  group: z.string().min(1).max(maxGroupLength).optional(),
  /** SHA-256 of the whole video's content, of a part of one. */
  content: sha256.optional(),
  ...span,
});

const plan = z
  .union([
    z.strictObject({ count: z.int().min(1).max(100_000), ...span }),
    z.strictObject({ fps: z.number().positive().max(1000), ...span }),
    z.strictObject({ keyframes: z.literal(true), ...span }),
    z.strictObject({
      every: z.int().min(1).max(100_000),
      limit: z.int().min(1).max(100_000).optional(),
      ...span,
    }),
  ])
  .superRefine((value, context) => {
    try {
      checkSamplingPlan(value as SamplingPlan);
    } catch (error) {
      context.addIssue({ code: "custom", message: messageOf(error) });
    }
  });

const perChannel = z.tuple([z.number(), z.number(), z.number()]).readonly();

/** Most tensors whose ranges a model may bring. */
const maxRanges = 10_000;

/** What begins with two slashes is on another machine: even to look for it would tell that machine who asks. */
const cnnName = z
  .string()
  .min(1)
  .max(10_000)
  .regex(/^(?![\\/]{2})[^\0]*$/, "it is no name, nor the path of a file of this machine");

const cnnChoice = z.strictObject({
  cnn: cnnName,
  layer: z.string().max(10_000).optional(),
  engine: z.enum(cnnEngines).optional(),
  precision: z.enum(precisions).optional(),
  preprocessing: z
    .strictObject({
      inputSize: z.int().min(1).max(maxInputSize),
      channels: z.enum(channelOrders),
      scale: z.number(),
      mean: perChannel,
      deviation: perChannel,
      layout: z.enum(layouts),
    })
    .partial()
    .optional(),
  ranges: z
    .record(z.string(), z.tuple([z.number(), z.number()]).readonly())
    .refine((ranges) => Object.keys(ranges).length <= maxRanges)
    .optional(),
});

const streams = z
  .array(z.enum(streamNames))
  .min(1)
  .refine(
    (names) => String(names) === String(streamNames.filter((name) => names.includes(name))),
    `streams are some of ${streamNames.join(", ")}, each once, in this order`,
  )
  .readonly();

/** Whether the plan has frames for the streams; says so where it has not. */
function checkPlan(
  features: { readonly streams: readonly StreamName[]; readonly plan: object },
  context: z.RefinementCtx,
): void {
  try {
    checkStreams(features.streams, features.plan as SamplingPlan);
  } catch (error) {
    context.addIssue({ code: "custom", path: ["streams"], message: messageOf(error) });
  }
}

const videoFields = z.strictObject({
  kind: z.literal("video"),
  decoder: z.enum(decoderNames),
  cnn: z
    .strictObject({
      choice: cnnChoice,
      id: z.string().min(1).max(10_000),
      digest: sha256,
      dimension: z.int().min(1).max(1_000_000),
      inputSize: z.int().min(1).max(10_000),
    })
    .refine(({ id, choice }) => id === choice.cnn, "its id is another name than its choice.cnn"),
  plan,
  fit: z.enum(fits),
  /** What the vectors are joined from. */
  streams,
});

const videoFeatures = videoFields.superRefine(checkPlan);

const sequenceFeatures = z.strictObject({
  kind: z.literal("sequence"),
  dimension: z.int().min(1).max(maxDimension),
});

const fitting = z
  .strictObject({
    optimizer: z.enum(optimiserNames),
    schedule: z
      .strictObject({
        factor: z.number(),
        everyEpochs: z.number(),
        minimum: z.number(),
        patience: z.number(),
        warmUp: z.union([
          z.strictObject({ steps: z.number() }),
          z.strictObject({ epochs: z.number() }),
        ]),
      })
      .partial()
      .extend({ type: z.enum(scheduleNames) }),
    clip: z.strictObject({ by: z.enum(clippingWays), limit: z.number().positive() }).nullable(),
    weightDecay: z.number().min(0),
  })
  .partial();

/** Most blocks that a feature vector is joined from, and most candidates that a training chooses from. */
const maxBlocks = 16;
const maxCandidates = 64;

const blockName = z.string().min(1).max(100);

/** How the linear head pools each block over time, in the order of the features' blocks. */
const linear = z.strictObject({
  blocks: z
    .array(
      z.strictObject({
        name: blockName,
        pools: z
          .array(z.enum(pools))
          .min(1)
          .max(pools.length)
          .refine((names) => new Set(names).size === names.length, "a pool stands in it twice")
          .readonly(),
      }),
    )
    .min(1)
    .max(maxBlocks)
    .readonly(),
});

/** What the head and the streams were chosen from, each judged on groups left out of training. */
const selection = z
  .strictObject({
    folds: z.int().min(2),
    /** Clips judged. */
    n: z.int().min(1),
    candidates: z
      .array(
        z.strictObject({
          head: z.enum(headChoices).exclude(["auto"]),
          streams: z.array(blockName).min(1).max(maxBlocks).readonly(),
          /** One of them that counts twice. */
          twice: blockName.optional(),
          accuracy: fraction,
          /** Nats. */
          logLoss: z.number().min(0),
        }),
      )
      .min(1)
      .max(maxCandidates)
      .readonly(),
    /** Index of the candidate that was taken. */
    chosen: z.int().min(0),
  })
  .refine(({ candidates, chosen }) => chosen < candidates.length, {
    path: ["chosen"],
    message: "there is no such candidate",
  });

const fields = z.strictObject({
  format: z.literal("muybridge"),
  version: z.literal(modelFormatVersion),
  task: z.literal("classification"),
  /** In the order of the network's outputs. */
  classes: z
    .array(z.string().min(1).max(1000))
    .min(2)
    .max(maxClasses)
    .refine((names) => new Set(names).size === names.length, "two classes have the same name"),
  features: z.discriminatedUnion("kind", [videoFeatures, sequenceFeatures]),
  /** What tells the classes apart. */
  head: z.enum(heads),
  /** Null for a model without a recurrent network. */
  network: z
    .strictObject({
      cell: z.enum(cells),
      bidirectional: z.boolean(),
      layers: z.int().min(1).max(16),
      hidden: z.int().min(1).max(8192),
      dropout: z.number().min(0).max(1),
      /** What its recurrent layers see. */
      input: z.enum(networkInputs),
      pooling: z.enum(poolings),
      /** Whether it labels a whole clip or each of its frames; "last" where it is left out. */
      output: z.enum(outputs).optional(),
    })
    .refine(
      ({ output, input, pooling }) =>
        output !== "sequence" || (input !== "changes" && pooling === "last"),
      'a network with the output "sequence" has the pooling "last" and another input than "changes"',
    )
    .nullable(),
  /** Null for a model without a linear head. */
  linear: linear.nullable(),
  training: z.strictObject({
    /** SHA-256 of all that decides the training: settings, clips, labels, parts, version. */
    recipe: sha256,
    /** How it came to its weights, where it was not trained. */
    method: z.literal("nearest-class-mean").optional(),
    /** Digest of the model whose clips it was trained with, too. */
    from: sha256.optional(),
    /** What computed it, where that was not onnxruntime. */
    engine: z.enum(networkEngines).optional(),
    seed: z.number(),
    batchSize: z.int().min(1),
    learningRate: z.number().positive(),
    epochs: z.int().min(0),
    patience: z.int().min(0),
    /** How the weights were moved, where it was not as usual. */
    fitting: fitting.optional(),
    /** The epoch whose weights were kept, from 1; 0 without a recurrent network. */
    bestEpoch: z.int().min(0),
    /** What the logits were divided by, found on the validation clips; it is part of the weights. */
    temperature: z.number().positive(),
    /** The same of the mean-pool baseline. */
    meanPoolTemperature: z.number().positive(),
    /** What its head and streams were chosen from, where they were. */
    selection: selection.optional(),
    /** Whether the weights come from a second training on training and validation clips together. */
    refit: z.boolean(),
    history: z.array(
      z.strictObject({
        epoch: z.int().min(1),
        loss: z.number(),
        validationLoss: z.number().optional(),
        validationAccuracy: fraction.optional(),
        /** Step size of its last step. */
        learningRate: z.number().optional(),
        /** Mean norm of all gradients together, before clipping. */
        gradientNorm: z.number().optional(),
      }),
    ),
    data: z.strictObject({
      name: z.string(),
      split: z.enum(["given", "groups", "stratified", "random"]),
      clips: z.strictObject({ train: z.int(), validation: z.int(), test: z.int() }),
      failed: z.int(),
    }),
  }),
  /** Which side of the split a clip was on, by the SHA-256 of its content. */
  splits: z.record(sha256, split),
  /** The clips among them, by the same digest, so that another training can learn from them again. */
  clips: z.record(sha256, clip),
  /** How the weights of the best epoch do on the validation clips, before any refit; null where there are none. */
  validation: z
    .strictObject({
      n: z.int(),
      accuracy: fraction,
      /** Accuracy of the mean-pool baseline. */
      meanPool: fraction,
      logLoss: z.number(),
      ece: fraction,
      /** The two as they were before the temperature. */
      uncalibrated: z.strictObject({ logLoss: z.number(), ece: fraction }),
    })
    .nullable(),
  /** SHA-256 of the files beside this one. */
  files: z.strictObject({ weights: sha256, sequence: sha256.nullable() }),
  muybridge: z.string().max(100),
});

/** What `model.json` holds. Everything read from disk passes this schema first. */
export const modelRecordSchema = fields
  .refine(({ network, files }) => (network === null) === (files.sequence === null), {
    path: ["files", "sequence"],
    message: "it goes with network: both are null, or neither",
  })
  .superRefine(({ clips, splits }, context) => {
    for (const [digest, { content, start, end }] of Object.entries(clips)) {
      const complain = (path: string[], message: string): void =>
        context.addIssue({ code: "custom", path, message });
      if (!Object.hasOwn(splits, digest))
        complain(["splits", digest], "it is missing, but in clips");
      const isPart = start !== undefined || end !== undefined;
      const named = clipDigest(content ?? digest, isPart ? ({ start, end } as Span) : undefined);
      if (named !== digest) complain(["clips", digest, "content"], "it is that of another clip");
    }
  })
  .refine(({ head, network }) => (network !== null) === ["recurrent", "ensemble"].includes(head), {
    path: ["head"],
    message: "recurrent and ensemble have a network, and the others have none",
  })
  .refine(({ head, linear }) => (linear !== null) === ["linear", "ensemble"].includes(head), {
    path: ["linear"],
    message: "the heads linear and ensemble have it, and the others have null",
  })
  .refine(({ head, network }) => head !== "ensemble" || network?.output !== "sequence", {
    path: ["head"],
    message: "an ensemble labels clips, not frames",
  });

/** What `model.json` holds. */
export type ModelRecord = z.infer<typeof modelRecordSchema>;

/** Values of the vectors that a model takes. */
export function featureDimension({ features }: Pick<ModelRecord, "features">): number {
  if (features.kind === "sequence") return features.dimension;
  const { cnn, streams } = features;
  return streams.reduce((sum, name) => sum + streamDimension(name, cnn.dimension), 0);
}
