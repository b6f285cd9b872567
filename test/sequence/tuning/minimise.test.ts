import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  minimiseAtRandom,
  minimiseByWhales,
  type Trial,
} from "../../../src/sequence/tuning/minimise.js";
import type {
  Dimension,
  SearchSpace,
  Settings,
} from "../../../src/sequence/tuning/search-space.js";

const space = {
  units: { type: "integer", low: 32, high: 256, step: 8 },
  rate: { type: "real", low: 1e-4, high: 1e-1, scale: "log", digits: 2 },
  cell: { type: "categorical", choices: ["rnn", "lstm", "gru"] },
} as const satisfies SearchSpace;

/** Lowest, at 0, for gru, 128 units and a rate of 0.01. */
function bowl({ units, rate, cell }: Settings<typeof space>): number {
  const far = { rnn: 2, lstm: 1, gru: 0 }[cell];
  return ((units - 128) / 64) ** 2 + (Math.log10(rate) + 2) ** 2 + far;
}

const searches = { whales: minimiseByWhales, random: minimiseAtRandom } as const;

describe.each(Object.entries(searches))("%s", (_, search) => {
  test("finds good settings of mixed kinds, the same ones for the same seed", async () => {
    const options = { trials: 200, seed: 3, origin: "centre" } as const;
    const { best, trials } = await search(bowl, space, options);
    expect(trials.map(({ trial }) => trial)).toEqual(trials.map((_each, index) => index + 1));
    expect(best.settings.cell).toBe("gru");
    expect(best.loss).toBeLessThan(0.2);
    expect(best.loss).toBe(Math.min(...trials.map(({ loss }) => loss)));
    expect((await search(bowl, space, options)).trials).toEqual(trials);
    expect((await search(bowl, space, { ...options, seed: 4 })).trials).not.toEqual(trials);
  });

  test("a search that was stopped goes on to the end it would have come to", async () => {
    const options = { trials: 60, seed: 5, whales: 10 } as const;
    const whole = await search(async (settings) => bowl(settings), space, options);
    const log: string[] = [];
    const stop = new AbortController();
    const stopped = search(bowl, space, {
      ...options,
      signal: stop.signal,
      onTrial(trial) {
        log.push(JSON.stringify(trial));
        if (trial.trial === 23) stop.abort();
      },
    });
    await expect(stopped).rejects.toThrow("abort");
    expect(log).toHaveLength(23);
    const finished = log.map((line) => JSON.parse(line) as Trial<typeof space>);
    let computed = 0;
    const resumed = await search(
      (settings) => {
        computed += 1;
        return bowl(settings);
      },
      space,
      { ...options, finished },
    );
    expect(resumed).toEqual(whole);
    expect(computed).toBeLessThanOrEqual(60 - 23);
  });

  test("does not compute the same settings twice", async () => {
    const seen: string[] = [];
    const few = { n: { type: "integer", low: 1, high: 4 } } as const;
    const { trials } = await search(
      ({ n }) => {
        seen.push(String(n));
        return { loss: Math.abs(n - 3), detail: `of ${n}` };
      },
      few,
      { trials: 30, whales: 5 },
    );
    expect(new Set(seen).size).toBe(seen.length);
    const repeats = trials.filter(({ repeatOf }) => repeatOf !== undefined);
    expect(repeats.length).toBe(30 - seen.length);
    for (const { repeatOf, settings, loss, detail } of repeats) {
      expect(trials[repeatOf! - 1]).toMatchObject({ settings, loss, detail });
    }
  });

  test("passes over settings without a loss, and lets errors through", async () => {
    const { best } = await search(
      ({ x }) => (x < 0 ? Number.NaN : x),
      { x: real(-1, 1) },
      {
        trials: 50,
        whales: 10,
      },
    );
    expect(best.loss).toBeGreaterThanOrEqual(0);
    const none = await search(() => Number.NaN, { x: real(-1, 1) }, { trials: 3 });
    expect(none.best.loss).toBe(Number.POSITIVE_INFINITY);
    const broken = (): never => {
      throw new Error("broken");
    };
    await expect(search(broken, { x: real(-1, 1) }, { trials: 3 })).rejects.toThrow("broken");
  });

  test("refuses what cannot be searched, naming it", async () => {
    const refused = async (bad: SearchSpace, parameter: string): Promise<void> => {
      await expect(search(() => 0, bad, { trials: 3 })).rejects.toMatchObject({
        code: "ERR_USAGE",
        parameter,
      });
    };
    await refused({}, "space");
    await refused({ a: real(1, 0) }, "a");
    await refused({ a: real(0, Number.NaN) }, "a");
    await refused({ a: { type: "real", low: 0, high: 1, scale: "log" } }, "a");
    await refused({ a: { type: "integer", low: 0.5, high: 1 } }, "a");
    await refused({ a: { type: "categorical", choices: [] } }, "a");
    await expect(search(bowl, space, { trials: 0 })).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "trials",
    });
    const { trials } = await search(bowl, space, { trials: 5, seed: 1 });
    await expect(
      search(bowl, space, { trials: 5, seed: 2, finished: trials }),
    ).rejects.toMatchObject({ code: "ERR_USAGE", parameter: "finished" });
  });
});

function real(low: number, high: number): Dimension {
  return { type: "real", low, high };
}

test("every setting that is tried lies in its space, at both origins", async () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  const bounds = fc
    .tuple(number, number)
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const whole = fc
    .tuple(fc.integer({ min: 1, max: 1000 }), fc.nat(1000), fc.integer({ min: 1, max: 50 }))
    .map(([low, width, step]) => ({ low, high: low + width, step }));
  await fc.assert(
    fc.asyncProperty(
      bounds,
      whole,
      fc.constantFrom("zero", "centre"),
      fc.constantFrom("linear", "log"),
      async ([low, high], { step, ...ends }, origin, scale) => {
        const tried = await minimiseByWhales(
          ({ r, i, c }) => Math.sin(Number(r)) + Number(i) + String(c).length,
          {
            r: { type: "real", low, high },
            i: { type: "integer", ...ends, step, scale },
            c: { type: "categorical", choices: ["a", "bb"] },
          },
          { trials: 40, whales: 4, origin },
        );
        for (const { settings } of tried.trials) {
          expect(settings.r).toBeGreaterThanOrEqual(low);
          expect(settings.r).toBeLessThanOrEqual(high);
          expect((settings.i - ends.low) % step).toBe(0);
          expect(settings.i).toBeGreaterThanOrEqual(ends.low);
          expect(settings.i).toBeLessThanOrEqual(ends.high);
          expect(["a", "bb"]).toContain(settings.c);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test("the ends of whole numbers and the choices are drawn as often as what lies between", async () => {
  const counts = new Map<string | number, number>();
  const wide = {
    i: { type: "integer", low: 1, high: 4 },
    c: { type: "categorical", choices: ["w", "x", "y", "z"] },
  } as const;
  const { trials } = await minimiseAtRandom(() => 0, wide, { trials: 4000, seed: 7 });
  for (const { settings } of trials) {
    for (const value of Object.values(settings)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  expect(counts.size).toBe(8);
});
