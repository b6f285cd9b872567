import { createGraph, type Graph } from "../onnx/graph.js";

/** How a loop reads or gives a value of every step, [T, …]. */
export interface StepOrder {
  /** From the last step to the first: read from the end, or written from the end. Default false. */
  readonly reversed?: boolean;
}

/** A loop over time under construction: ONNX's Scan and its body, kept in step with each other. */
export interface TimeLoop {
  /** What one step computes; values of the graph around it can be used by their names. */
  readonly body: Graph;
  /** Declares a state that goes from step to step; all states come before the first value read. */
  carry(start: string): string;
  /** Declares a value of every step that the loop reads, and returns the step's part of it. */
  read(value: string, order?: StepOrder): string;
  /** Gives a value of every step, stacked along a new first axis. Returns its place in {@link LoopResults.given}. */
  give(value: string, order?: StepOrder): number;
  /**
   * Adds the loop to the graph.
   *
   * @param next each state after the step, in the order in which they were declared
   */
  close(next: readonly string[]): LoopResults;
}

/** What a loop came to. */
export interface LoopResults {
  /** Each state after the last step. */
  readonly ends: readonly string[];
  /** Values of every step, [T, …]. */
  readonly given: readonly string[];
}

/**
 * Opens a loop of float32 values, each [directions, n, B] in a step.
 *
 * @param name goes before every name of the loop, and must be its own
 */
export function openTimeLoop(graph: Graph, name: string): TimeLoop {
  const body = createGraph("step", `${name}/`);
  const starts: string[] = [];
  const reads: (StepOrder & { readonly value: string })[] = [];
  const gives: (StepOrder & { readonly value: string })[] = [];
  const inputs: string[] = [];
  // Lengths of the axes are known when it runs.
  const input = (kind: string): string => {
    const own = `${name}/${kind}`;
    inputs.push(own);
    return body.input(own, "float32", ["directions", `${own}/rows`, "batch"]);
  };
  return {
    body,
    carry: (start) => input(`state${starts.push(start)}`),
    read: (value, order = {}) => input(`read${reads.push({ ...order, value })}`),
    give: (value, order = {}) => gives.push({ ...order, value }) - 1,
    close(next) {
      // An output must be a value of its own: neither an input nor another output.
      const taken = new Set(inputs);
      for (const value of [...next, ...gives.map((given) => given.value)]) {
        body.outputOfAnyType(taken.has(value) ? body.node("Identity", [value]) : value);
        taken.add(value);
      }
      const results = graph.nodes(
        "Scan",
        [...starts, ...reads.map(({ value }) => value)],
        [...starts.map((_, i) => `${name}/end${i}`), ...gives.map((_, i) => `${name}/given${i}`)],
        {
          body: { g: body },
          num_scan_inputs: { i: reads.length },
          scan_input_directions: { ints: reads.map(({ reversed }) => (reversed ? 1 : 0)) },
          scan_output_directions: { ints: gives.map(({ reversed }) => (reversed ? 1 : 0)) },
        },
      );
      return { ends: results.slice(0, starts.length), given: results.slice(starts.length) };
    },
  };
}
