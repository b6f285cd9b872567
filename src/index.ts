/**
 * Muybridge labels videos with the actions in them: frames from FFmpeg, features from a pretrained CNN, labels
 * from a recurrent network, every stage cached.
 */
export { createDataset, type Dataset, type DatasetItem, type Split } from "../datasets/dataset.js";
export {
  type MakeMotionsOptions,
  type MotionsDataset,
  makeMotions,
} from "../datasets/motions/make-motions.js";
export { type DatasetOptions, openDataset } from "../datasets/open-dataset.js";
export { type ErrorCode, MuybridgeError } from "./core/errors.js";
export type { LongCallOptions, ProgressEvent } from "./core/progress.js";
export type { FeatureExtractor } from "./features/feature-extractor.js";
export {
  type FeatureExtractorOptions,
  openFeatureExtractor,
} from "./features/open-feature-extractor.js";
export { type PullCnnOptions, type PulledCnn, pullCnn } from "./features/pull-cnn.js";
export type { StreamName } from "./features/streams/feature-stream.js";
export type { DecodeSummary, Fit, FrameBatch, SamplingPlan, VideoInfo } from "./frames/decoder.js";
export { probeVideo } from "./frames/probe-video.js";
export { type SampleOptions, sampleFrames } from "./frames/sample-frames.js";
export {
  type AnnotatedVideo,
  type AnnotateOptions,
  annotate,
} from "./pipeline/annotation/annotate.js";
export {
  type ComparedModel,
  type Comparison,
  compare,
  type DifferingClip,
} from "./pipeline/compare.js";
export {
  type CrossValidation,
  type CrossValidationOptions,
  crossValidate,
  type FoldResult,
} from "./pipeline/cross-validate.js";
export { type EvaluateOptions, type Evaluation, evaluate } from "./pipeline/evaluate.js";
export {
  type ExportFormat,
  type ExportOptions,
  exportModel,
} from "./pipeline/export/export-model.js";
export type { FrameEncoding } from "./pipeline/frame-encoding.js";
export type { HeadChoice } from "./pipeline/heads.js";
export { type LabelInput, type LabelOptions, label } from "./pipeline/label.js";
export type { FailedLabel, LabelledVideo, LabelResult } from "./pipeline/label-result.js";
export { type Model, type ModelPrediction, openModel } from "./pipeline/model.js";
export { type ExamplesOptions, modelFromExamples } from "./pipeline/model-from-examples.js";
export type { PresetName } from "./pipeline/presets.js";
export { labelByQueue, type SubmitOptions } from "./pipeline/queue/label-by-queue.js";
export {
  type QueueWorkerOptions,
  runQueueWorker,
  type WorkerTally,
} from "./pipeline/queue/queue-worker.js";
export { convergencePlot, tuningReport } from "./pipeline/report/tuning-report.js";
export { type SuggestedVideo, type Suggestions, suggest } from "./pipeline/suggest.js";
export { type TrainOptions, train } from "./pipeline/train.js";
export { type TuneOptions, type Tuning, tune } from "./pipeline/tune.js";
export {
  type TuneWeightsOptions,
  tuneWeights,
  type WeightsResult,
  type WeightsSummary,
} from "./pipeline/tune-weights.js";
export type { Optimizer, SearchSummary, TuningSummary } from "./pipeline/tuning-summary.js";
export {
  type ClassificationMetrics,
  type ClassMetrics,
  classificationMetrics,
  topKAccuracy,
} from "./sequence/classification-metrics.js";
export type { DetectionScores } from "./sequence/detection-scores.js";
export {
  type LabelMetrics,
  type MultilabelMetrics,
  type MultilabelOptions,
  multilabelMetrics,
} from "./sequence/multilabel-metrics.js";
export { createNetwork, type Network, openNetwork } from "./sequence/network.js";
export type { NetworkOptions } from "./sequence/network-options.js";
export type { Head } from "./sequence/network-shape.js";
export type { Clipping } from "./sequence/optimisers/clipping.js";
export type { OptimiserChoice } from "./sequence/optimisers/open-optimiser.js";
export {
  type FileSequence,
  type ReadSequenceOptions,
  readSequenceFile,
} from "./sequence/read-sequence-file.js";
export {
  type RegressionMetrics,
  type RegressionScores,
  regressionMetrics,
} from "./sequence/regression-metrics.js";
export type { Target } from "./sequence/targets.js";
export { fitTemperature } from "./sequence/temperature-scaling.js";
export type {
  CheckpointOptions,
  EpochRecord,
  FitOptions,
  FitResult,
} from "./sequence/training/fit-options.js";
export type { LearningRateSchedule } from "./sequence/training/learning-rate-schedule.js";
export type { LabelledSequences, TrainingData } from "./sequence/training/training-data.js";
export {
  type BenchmarkFunction,
  type BenchmarkName,
  benchmarkFunctions,
  shiftedBenchmark,
} from "./sequence/tuning/benchmark-functions.js";
export {
  fitByWhales,
  type WhaleFitOptions,
  type WhaleFitResult,
} from "./sequence/tuning/fit-by-whales.js";
export {
  type MinimiseOptions,
  minimiseAtRandom,
  minimiseByWhales,
  type Objective,
  type SearchResult,
  type Trial,
  type TrialOutcome,
  type WhaleOptions,
} from "./sequence/tuning/minimise.js";
export type {
  CategoricalDimension,
  Dimension,
  IntegerDimension,
  Origin,
  RealDimension,
  SearchSpace,
  Settings,
} from "./sequence/tuning/search-space.js";
