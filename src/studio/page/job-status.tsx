import type { JSX } from "preact";
import type { Job } from "../server/work-messages.js";
import { Problem, useAction } from "./action.js";
import { stopJob } from "./api.js";

const verbs: Readonly<Record<Job["request"]["kind"], string>> = {
  label: "Labelling",
  check: "Checking",
  train: "Training",
  compare: "Comparing",
  evaluate: "Evaluating",
  suggest: "Choosing",
};

const endings: Readonly<Record<Job["state"], string>> = {
  waiting: "waits for its turn;",
  running: "",
  done: "done;",
  failed: "failed",
  stopped: "stopped; what was done is kept;",
};

/** How far work is, with a button to end it. */
export function JobStatus({ job }: { readonly job: Job | undefined }): JSX.Element | null {
  const action = useAction();
  if (!job) return null;
  const { state, progress, warnings, error, request } = job;
  const isOpen = state === "waiting" || state === "running";
  const total = progress?.total;
  const counts = progress
    ? `${isOpen ? `${progress.stage} ` : ""}${progress.done}${total === undefined ? "" : ` of ${total}`} ${progress.unit ?? ""}${progress.failed ? `, ${progress.failed} failed` : ""}`
    : "";
  return (
    <section class="job" aria-label={`${verbs[request.kind]}: progress`}>
      <p role="status">
        {[`${verbs[request.kind]}:`, endings[state], state === "failed" ? "" : counts]
          .filter(Boolean)
          .join(" ")}
      </p>
      {isOpen && (
        <div class="row">
          <progress
            aria-label={`${verbs[request.kind]}: part that is done`}
            {...(total ? { max: total, value: progress?.done ?? 0 } : {})}
          />
          <button
            type="button"
            disabled={action.busy.value}
            onClick={() => void action.run(() => stopJob(job.id))}
          >
            Stop
          </button>
        </div>
      )}
      <Problem text={error?.message ?? action.problem.value} />
      {warnings.length > 0 && (
        <details>
          <summary>{warnings.length} remarks</summary>
          <ul>
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
