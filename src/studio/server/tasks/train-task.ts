import { stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../../core/atomic-file.js";
import { MuybridgeError } from "../../../core/errors.js";
import { removeKeptTraining } from "../../../pipeline/fitting-choices.js";
import { openModel } from "../../../pipeline/model.js";
import { trainingReport } from "../../../pipeline/report/training-report.js";
import { train } from "../../../pipeline/train.js";
import type { Ground } from "../ground.js";
import type { JobContext } from "../job-queue.js";
import type { Outcome, WorkRequest } from "../work-messages.js";
import { openServedDataset } from "./served-dataset.js";

/** Seconds of training that an end of the machine may cost. */
const checkpointSeconds = 10;

/** Trains a model and puts it on the shelf. Stopped, it is forgotten; cut off by an end of the server, it goes on. */
export async function trainTask(
  {
    dataset: path,
    name,
    from: base,
    epochs,
    hidden,
    seed,
    rnn,
    count,
  }: Extract<WorkRequest, { kind: "train" }>,
  { files, shelf, events }: Ground,
  { signal, onProgress, onWarning, resumed, isStopped }: JobContext,
): Promise<Outcome> {
  const directory = shelf.place(name);
  const kept = `${directory}.training`;
  if (!resumed) {
    const isThere = await stat(directory).then(
      () => true,
      () => false,
    );
    if (isThere) {
      const why = `There is a model ${name} already; give this one another name.`;
      throw new MuybridgeError("ERR_USAGE", why, { path: directory });
    }
    await removeKeptTraining(kept);
  }
  const dataset = await openServedDataset(files, path);
  await using from =
    base === undefined ? undefined : await openModel(await shelf.directoryOf(base));
  await using model = await train(dataset, {
    ...(from ? { from } : {}),
    ...(epochs === undefined ? {} : { epochs }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(seed === undefined ? {} : { seed }),
    ...(rnn === undefined ? {} : { rnn }),
    ...(count === undefined ? {} : { count }),
    checkpoint: { directory: kept, everySeconds: checkpointSeconds },
    resume: resumed,
    reuse: directory,
    signal,
    onProgress,
    onWarning,
  }).catch(async (error: unknown) => {
    if (isStopped()) await removeKeptTraining(kept);
    throw error;
  });
  await model.save(directory);
  await removeKeptTraining(kept);
  await writeFileAtomically(join(directory, "report.html"), trainingReport(model));
  const models = await shelf.list();
  events.tell({ type: "models", models });
  return { kind: "train", model: models.find(({ id }) => id === name)! };
}
