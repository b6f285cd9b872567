import { type OnnxSession, openOnnxSession } from "../onnx/session.js";
import type { NetworkEngine } from "./network-engine.js";
import type { NetworkShape } from "./network-shape.js";
import { buildNetworkGraph, type GraphPurpose } from "./training-graph.js";

/** A network on onnxruntime, one graph a purpose, each built when it is first needed. */
export function openOnnxEngine(shape: NetworkShape, threads: number): NetworkEngine {
  const sessions = new Map<GraphPurpose, Promise<OnnxSession>>();
  const session = (purpose: GraphPurpose): Promise<OnnxSession> => {
    const known =
      sessions.get(purpose) ?? openOnnxSession(buildNetworkGraph(shape, purpose), { threads });
    sessions.set(purpose, known);
    return known;
  };
  const close = async (): Promise<void> => {
    for (const opened of sessions.values()) await (await opened).close();
    sessions.clear();
  };
  return {
    name: "onnx",
    async run(purpose, feeds, outputs) {
      return (await session(purpose)).run(feeds, outputs);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
