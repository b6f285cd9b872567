import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Problem, useAction } from "./action.js";
import { startJob } from "./api.js";
import { ClipList } from "./clip-card.js";
import { FolderPicker } from "./folder-picker.js";
import { JobStatus } from "./job-status.js";
import { ModelChoice } from "./model-choice.js";
import { lastJob, models, partsByPath } from "./store.js";
import { percent } from "./words.js";

/** Clips that are asked for at once. */
const wanted = 12;

/** What to label next: the clips that would teach the model most. */
export function SuggestView(): JSX.Element {
  const model = useSignal("");
  const action = useAction();
  const job = lastJob("suggest");
  const outcome = job?.outcome?.kind === "suggest" ? job.outcome : undefined;
  const chosen = model.value || models.value[0]?.id;
  return (
    <>
      <h1>Suggest</h1>
      <p>
        The clips that would teach the model most: those it is unsure of, and unlike each other. Say
        what they are, then train again.
      </p>
      {chosen === undefined ? (
        <p>There is no model yet to be unsure.</p>
      ) : (
        <>
          <ModelChoice name="Model" value={chosen} onChange={(id) => (model.value = id)} />
          <FolderPicker
            legend="Among the videos of"
            choice="Suggest clips of this folder"
            onChoose={(folder) => {
              void action.run(() =>
                startJob({ kind: "suggest", folder, model: chosen, count: wanted }),
              );
            }}
          />
        </>
      )}
      <Problem text={action.problem.value} />
      <JobStatus job={job} />
      {outcome && (
        <>
          <p role="status">
            {outcome.videos.length === 0
              ? "There is nothing left to ask: the model has learned from all of these, or you have said what they are."
              : `${outcome.videos.filter(({ path }) => partsByPath.value.has(path)).length} of ${outcome.videos.length} are done.`}
          </p>
          <ClipList
            label="Suggested clips"
            clips={outcome.videos.map(({ path, guess, confidence }) => ({
              path,
              ...(partsByPath.value.has(path)
                ? {}
                : { remark: `${guess}? ${percent(confidence)}` }),
            }))}
          />
        </>
      )}
    </>
  );
}
