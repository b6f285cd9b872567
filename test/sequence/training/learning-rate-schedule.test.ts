import { expect, test } from "vitest";
import {
  type LearningRateSchedule,
  openSchedule,
} from "../../../src/sequence/training/learning-rate-schedule.js";

const length = { learningRate: 0.1, epochs: 4, stepsPerEpoch: 5 };

/** The rates of the given steps. */
function rates(schedule: LearningRateSchedule, steps: number[]): number[] {
  const { rate } = openSchedule(schedule, length);
  return steps.map((step) => Number(rate(step).toFixed(10)));
}

test("a constant rate climbs through its warm-up, in steps or in epochs, and then stays", () => {
  expect(rates({ type: "constant" }, [0, 19])).toEqual([0.1, 0.1]);
  const climbing = [0.025, 0.05, 0.075, 0.1, 0.1];
  expect(rates({ type: "constant", warmUp: { steps: 4 } }, [0, 1, 2, 3, 4])).toEqual(climbing);
  expect(rates({ type: "constant", warmUp: { epochs: 0.8 } }, [0, 1, 2, 3, 4])).toEqual(climbing);
});

test("piecewise: times a factor after so many epochs", () => {
  const schedule = { type: "piecewise", factor: 0.5, everyEpochs: 2 } as const;
  expect(rates(schedule, [0, 9, 10, 19, 20])).toEqual([0.1, 0.1, 0.05, 0.05, 0.025]);
  // MATLAB's defaults: a tenth after ten epochs.
  expect(rates({ type: "piecewise" }, [49, 50])).toEqual([0.1, 0.01]);
});

test("cosine: from the end of the warm-up down to the minimum at the end", () => {
  expect(rates({ type: "cosine" }, [0, 10, 20])).toEqual([0.1, 0.05, 0]);
  const schedule = { type: "cosine", minimum: 0.2, warmUp: { epochs: 1 } } as const;
  expect(rates(schedule, [0, 4, 5, 20])).toEqual([0.02, 0.1, 0.1, 0.02]);
  expect(rates(schedule, [12, 13])).toEqual([...rates(schedule, [12, 13])].sort((a, b) => b - a));
});

test("plateau: times a factor where the loss does not fall, never below the minimum", () => {
  const schedule = { type: "plateau", factor: 0.1, patience: 2, minimum: 0.05 } as const;
  const running = openSchedule(schedule, length);
  const after = (losses: number[]): number[] =>
    losses.map((loss) => {
      running.epochEnded(loss);
      return Number(running.rate(0).toFixed(10));
    });
  expect(after([2, 1, 1, 1])).toEqual([0.1, 0.1, 0.1, 0.01]);
  const middle = running.state();
  const rest = after([1.5, 0.9, 1, 1, 1, 1]);
  expect(rest).toEqual([0.01, 0.01, 0.01, 0.005, 0.005, 0.005]);
  running.restore(JSON.parse(JSON.stringify(middle)));
  expect(after([1.5, 0.9, 1, 1, 1, 1])).toEqual(rest);
});

test("what is out of range is refused with its name", () => {
  const open = (schedule: object) => () => openSchedule(schedule as LearningRateSchedule, length);
  expect(open({ type: "linear" })).toThrow(/constant, piecewise, cosine, plateau/);
  expect(open({ type: "constant", warmUp: { epochs: -1 } })).toThrow(/warm-up/);
  expect(open({ type: "piecewise", factor: 2 })).toThrow(/factor/);
  expect(open({ type: "piecewise", everyEpochs: 0.5 })).toThrow(/everyEpochs/);
  expect(open({ type: "cosine", minimum: 2 })).toThrow(/minimum/);
  expect(open({ type: "plateau", patience: 0 })).toThrow(/patience/);
});
