/** A step of long work, told to whoever called it. */
export interface ProgressEvent {
  /** What is being done: "features", "train", "label", "render" … */
  readonly stage: string;
  /** Units done so far, failures included. */
  readonly done: number;
  /** Units in all, where it is known. */
  readonly total?: number;
  /** Units that failed so far. */
  readonly failed?: number;
  /** What the units are, in the plural: "videos", "clips", "epochs" … */
  readonly unit?: string;
  /** A short remark to show beside the numbers. */
  readonly note?: string;
  /** What was measured in this step, by name: "loss" (nats), "validationLoss", "validationAccuracy" (in [0, 1]) … */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Options that every long call takes. */
export interface LongCallOptions {
  /** Stops the work; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called as the work goes on. Must not throw. */
  readonly onProgress?: (event: ProgressEvent) => void;
}
