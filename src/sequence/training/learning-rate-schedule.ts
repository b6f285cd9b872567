import { MuybridgeError } from "../../core/errors.js";

/** Names of the schedules. */
export const scheduleNames = ["constant", "piecewise", "cosine", "plateau"] as const;

/** One of {@link scheduleNames}. */
export type ScheduleName = (typeof scheduleNames)[number];

/** How the learning rate goes with time, whatever its start. */
export type LearningRateSchedule = {
  /**
   * The rate climbs linearly to its height over the first steps or epochs, so that an optimiser that knows nothing yet
   * does no harm (Goyal et al. 2017). Default: no climb. Epochs may be fractions.
   */
  readonly warmUp?: { readonly steps: number } | { readonly epochs: number };
} & (
  | { readonly type: "constant" }
  /** Times `factor` after every `everyEpochs` epochs: MATLAB's "piecewise", with its defaults, 0.1 and 10. */
  | { readonly type: "piecewise"; readonly factor?: number; readonly everyEpochs?: number }
  /** Half a cosine from the end of the warm-up to that of the last epoch (Loshchilov & Hutter 2017, one cycle). */
  | {
      readonly type: "cosine";
      /** Where it ends, as a part of the learning rate. Default 0. */
      readonly minimum?: number;
    }
  /**
   * Times `factor` where the loss (of validation, if there is any) has not become lower for `patience` epochs, as
   * ReduceLROnPlateau does in Keras and PyTorch.
   */
  | {
      readonly type: "plateau";
      /** Default 0.1. */
      readonly factor?: number;
      /** Default 5. */
      readonly patience?: number;
      /** Part of the learning rate below which it does not go. Default 0.0001. */
      readonly minimum?: number;
    }
);

/** A schedule at work. */
export interface RunningSchedule {
  /** The learning rate of a step, counted from 0 over all epochs. */
  rate(step: number): number;
  /** To be called after every epoch, with its validation loss, or its training loss where there is no other. */
  epochEnded(loss: number): void;
  state(): ScheduleState;
  restore(state: ScheduleState): void;
}

/** What a schedule remembers; of use to "plateau" alone. */
export interface ScheduleState {
  /** What the plateaus have left of the rate, 1 at first. */
  readonly factor: number;
  /** The lowest loss; null before the first. */
  readonly best: number | null;
  /** Epochs since then, or since the last drop. */
  readonly waited: number;
}

/** What a schedule is laid out for. */
export interface TrainingLength {
  readonly learningRate: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
}

/**
 * Lays a schedule out over a training.
 *
 * @throws MuybridgeError ERR_USAGE naming what is out of range.
 */
export function openSchedule(
  schedule: LearningRateSchedule,
  { learningRate, epochs, stepsPerEpoch }: TrainingLength,
): RunningSchedule {
  checkSchedule(schedule);
  const { warmUp = { steps: 0 } } = schedule;
  const climb = "steps" in warmUp ? warmUp.steps : Math.round(warmUp.epochs * stepsPerEpoch);
  const total = epochs * stepsPerEpoch;
  let state: ScheduleState = { factor: 1, best: null, waited: 0 };
  const shape = (step: number): number => {
    switch (schedule.type) {
      case "constant":
        return 1;
      case "piecewise": {
        const { factor = 0.1, everyEpochs = 10 } = schedule;
        return factor ** Math.floor(Math.floor(step / stepsPerEpoch) / everyEpochs);
      }
      case "cosine": {
        const { minimum = 0 } = schedule;
        const progress = Math.min(1, Math.max(0, step - climb) / Math.max(1, total - climb));
        return minimum + ((1 - minimum) / 2) * (1 + Math.cos(Math.PI * progress));
      }
      case "plateau":
        return state.factor;
    }
  };
  return {
    rate: (step) => learningRate * Math.min(1, (step + 1) / Math.max(1, climb)) * shape(step),
    epochEnded(loss) {
      if (schedule.type !== "plateau") return;
      const { factor = 0.1, patience = 5, minimum = 1e-4 } = schedule;
      if (state.best === null || loss < state.best) {
        state = { ...state, best: loss, waited: 0 };
      } else if (state.waited + 1 < patience) {
        state = { ...state, waited: state.waited + 1 };
      } else {
        state = { ...state, factor: Math.max(minimum, state.factor * factor), waited: 0 };
      }
    },
    state: () => state,
    restore(earlier) {
      state = earlier;
    },
  };
}

/**
 * Checks a schedule that comes from a caller.
 *
 * @throws MuybridgeError ERR_USAGE naming what is out of range.
 */
export function checkSchedule(schedule: LearningRateSchedule): void {
  if (!scheduleNames.includes(schedule.type)) {
    throw usage(`type must be one of ${scheduleNames.join(", ")}`);
  }
  const { warmUp } = schedule;
  const climb = warmUp && ("steps" in warmUp ? warmUp.steps : warmUp.epochs);
  if (climb !== undefined && !(climb >= 0 && Number.isFinite(climb))) {
    throw usage(`warm-up must be a number of steps or epochs from 0; it is ${climb}`);
  }
  if ("factor" in schedule && !(schedule.factor! > 0 && schedule.factor! <= 1)) {
    throw usage(`factor must be in (0, 1]; it is ${schedule.factor}`);
  }
  for (const [name, value] of Object.entries(schedule)) {
    if (name === "minimum" && !(Number(value) >= 0 && Number(value) <= 1)) {
      throw usage(`minimum must be in [0, 1]; it is ${value}`);
    }
    const isEpochs = name === "everyEpochs" || name === "patience";
    if (isEpochs && !(Number.isInteger(value) && Number(value) >= 1)) {
      throw usage(`${name} must be a whole number of epochs from 1; it is ${value}`);
    }
  }
}

function usage(what: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", `The schedule's ${what}.`, { parameter: "schedule" });
}
