import type { Ground } from "../ground.js";
import type { Worker } from "../job-queue.js";

/** Does what requests ask for; the pipeline is loaded with the first of them. */
export function workOn(ground: Ground): Worker {
  return async (request, context) => {
    if (request.kind === "label") {
      return (await import("./label-task.js")).labelTask(request, ground, context);
    }
    if (request.kind === "train") {
      return (await import("./train-task.js")).trainTask(request, ground, context);
    }
    const judging = await import("./judging-tasks.js");
    if (request.kind === "check") return judging.checkTask(request, ground, context);
    if (request.kind === "evaluate") return judging.evaluateTask(request, ground, context);
    if (request.kind === "compare") return judging.compareTask(request, ground, context);
    return judging.suggestTask(request, ground, context);
  };
}
