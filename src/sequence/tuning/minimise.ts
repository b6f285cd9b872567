import { MuybridgeError } from "../../core/errors.js";
import { createRandomSource, type PositionSource } from "./position-source.js";
import {
  boxOf,
  canRepeat,
  checkSpace,
  type Origin,
  type SearchSpace,
  type Settings,
  settingsAt,
} from "./search-space.js";
import { createWhaleOptimiser } from "./whale-optimiser.js";

/** What a trial came to: a loss to be made small, and what else is worth keeping of it. */
export interface TrialOutcome<Detail> {
  /** Infinity or NaN where the settings are of no use. */
  readonly loss: number;
  readonly detail?: Detail;
}

/** Settings that were tried. */
export interface Trial<Space extends SearchSpace, Detail = unknown> extends TrialOutcome<Detail> {
  /** From 1, in the order of trying. */
  readonly trial: number;
  readonly settings: Settings<Space>;
  /** The earlier trial of the same settings whose outcome this one has; nothing was computed. */
  readonly repeatOf?: number;
}

/**
 * What is to be minimised.
 *
 * @param finished the trials before this one
 */
export type Objective<Space extends SearchSpace, Detail = unknown> = (
  settings: Settings<Space>,
  finished: readonly Trial<Space, Detail>[],
) => number | TrialOutcome<Detail> | Promise<number | TrialOutcome<Detail>>;

/** Options of a search. */
export interface MinimiseOptions<Space extends SearchSpace, Detail = unknown> {
  /** Settings to try, repeats included. */
  readonly trials: number;
  /** The same seed, space and losses give the same trials. Default 1. */
  readonly seed?: number | string;
  /**
   * The first trials of the same search, as `onTrial` was told of them; they are not computed again, and the
   * search goes on behind them to the same end as if it had never stopped.
   */
  readonly finished?: readonly Trial<Space, Detail>[];
  /** Called after each trial that is not among `finished`, and waited for. */
  readonly onTrial?: (trial: Trial<Space, Detail>) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** Options of {@link minimiseByWhales}. */
export interface WhaleOptions<Space extends SearchSpace, Detail = unknown>
  extends MinimiseOptions<Space, Detail> {
  /** Whales; each is tried trials / whales times. Default 30, the paper's. */
  readonly whales?: number;
  /** Where the coordinates have their zero, to which whales are drawn. Default "zero", as published. */
  readonly origin?: Origin;
}

/** What a search came to. */
export interface SearchResult<Space extends SearchSpace, Detail = unknown> {
  /** The first trial of the lowest loss. */
  readonly best: Trial<Space, Detail>;
  readonly trials: readonly Trial<Space, Detail>[];
}

/** Whales where no number is given. */
const defaultWhales = 30;

/**
 * Looks for the settings of the lowest loss by the Whale Optimization Algorithm (Mirjalili & Lewis 2016).
 *
 * @throws MuybridgeError ERR_USAGE for a space or options out of range, or `finished` of another search; what the
 * objective throws; the signal's reason on abort.
 *
 * @example
 * const { best } = await minimiseByWhales(({ x, y }) => (x - 1) ** 2 + y ** 2,
 *   { x: { type: "real", low: -5, high: 5 }, y: { type: "integer", low: -5, high: 5 } }, { trials: 300 });
 */
export async function minimiseByWhales<const Space extends SearchSpace, Detail = unknown>(
  objective: Objective<Space, Detail>,
  space: Space,
  options: WhaleOptions<Space, Detail>,
): Promise<SearchResult<Space, Detail>> {
  const { whales = defaultWhales, origin = "zero", trials, seed = 1 } = options;
  checkCount("whales", whales);
  checkCount("trials", trials);
  checkSpace(space);
  const iterations = Math.ceil(trials / whales);
  const source = createWhaleOptimiser(boxOf(space, origin), { whales, iterations, seed });
  return search(source, origin, objective, space, options);
}

/**
 * Tries settings drawn at random: what any other search must be held against.
 *
 * @throws MuybridgeError as {@link minimiseByWhales}.
 */
export async function minimiseAtRandom<const Space extends SearchSpace, Detail = unknown>(
  objective: Objective<Space, Detail>,
  space: Space,
  options: MinimiseOptions<Space, Detail>,
): Promise<SearchResult<Space, Detail>> {
  checkCount("trials", options.trials);
  checkSpace(space);
  const source = createRandomSource(boxOf(space, "zero"), options.seed ?? 1);
  return search(source, "zero", objective, space, options);
}

async function search<Space extends SearchSpace, Detail>(
  source: PositionSource,
  origin: Origin,
  objective: Objective<Space, Detail>,
  space: Space,
  { trials: count, finished = [], onTrial, signal }: MinimiseOptions<Space, Detail>,
): Promise<SearchResult<Space, Detail>> {
  const trials: Trial<Space, Detail>[] = [];
  const known = canRepeat(space) ? new Map<string, Trial<Space, Detail>>() : undefined;
  let best: Trial<Space, Detail> | undefined;
  for (let trial = 1; trial <= count; trial++) {
    signal?.throwIfAborted();
    const settings = settingsAt(space, source.ask(), origin);
    const key = known && JSON.stringify(settings);
    const earlier = key === undefined ? undefined : known?.get(key);
    const recorded = finished[trial - 1];
    if (recorded) checkRecorded(recorded, trial, settings);
    const done: Trial<Space, Detail> =
      recorded ??
      (earlier
        ? { ...earlier, trial, repeatOf: earlier.trial }
        : { trial, settings, ...outcomeOf(await objective(settings, trials)) });
    trials.push(done);
    if (key !== undefined && !earlier) known?.set(key, done);
    if (!best || done.loss < best.loss) best = done;
    source.tell(done.loss);
    if (!recorded) await onTrial?.(done);
  }
  return { best: best!, trials };
}

/** NaN is no loss that could be compared with another. */
function outcomeOf<Detail>(outcome: number | TrialOutcome<Detail>): TrialOutcome<Detail> {
  const { loss, ...rest } = typeof outcome === "number" ? { loss: outcome } : outcome;
  return { loss: Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss, ...rest };
}

function checkRecorded(
  recorded: Trial<SearchSpace>,
  trial: number,
  settings: Settings<SearchSpace>,
): void {
  const names = Object.keys(settings);
  const same =
    recorded.trial === trial &&
    Object.keys(recorded.settings).length === names.length &&
    names.every((name) => recorded.settings[name] === settings[name]);
  if (same) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `Trial ${trial} was recorded with other settings than this search tries: it is a record of another search.`,
    { parameter: "finished" },
  );
}

function checkCount(parameter: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new MuybridgeError(
    "ERR_USAGE",
    `${parameter} must be a whole number above 0; it is ${value}.`,
    { parameter },
  );
}
