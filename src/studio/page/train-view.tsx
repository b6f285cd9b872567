import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { Problem, useAction } from "./action.js";
import { startJob } from "./api.js";
import { Curves } from "./curves.js";
import { FolderPicker } from "./folder-picker.js";
import { JobStatus } from "./job-status.js";
import { ModelsTable } from "./models-table.js";
import { corrections, lastJob, manifest, models } from "./store.js";
import { nameOf } from "./words.js";

/** Classifiers over the sequence, with words for those who do not know their names. */
const kinds = {
  auto: "chosen by trying them, on clips left out",
  bilstm: "BiLSTM: knows the order in time",
  bigru: "BiGRU: the same, smaller",
  meanpool: "mean over time: knows no order",
} as const;

// What is chosen stays while another page is looked at.
const picked = signal<string | undefined>(undefined);
const name = signal("");
const epochs = signal(40);
const hidden = signal(128);
const frames = signal(16);
const rnn = signal<keyof typeof kinds>("auto");
const from = signal("");

/** Choosing a data set, training on it, and judging what comes of it. */
export function TrainView(): JSX.Element {
  const checking = useAction();
  const training = useAction();
  const { videos, labels } = corrections.value;
  const dataset = picked.value ?? manifest.value;
  const isCorrections = picked.value === undefined;
  const job = lastJob("train");
  const check = lastJob("check");
  const found = check?.outcome?.kind === "check" ? check.outcome : undefined;
  const isOfThis = check?.request.kind === "check" && check.request.dataset === dataset;
  const hasNothing = isCorrections && videos.length === 0;
  const usualName = `model-${models.value.length + 1}`;
  return (
    <>
      <h1>Train</h1>
      <div class="columns">
        <section aria-label="Data set">
          <fieldset class="picker">
            <legend>Learn from</legend>
            <label>
              <input
                type="radio"
                name="dataset"
                checked={isCorrections}
                onChange={() => {
                  picked.value = undefined;
                }}
              />{" "}
              what you said: {videos.length} videos, {labels.length} labels
            </label>
            {picked.value !== undefined && (
              <label>
                <input type="radio" name="dataset" checked /> {nameOf(picked.value)}
              </label>
            )}
          </fieldset>
          <FolderPicker
            legend="Or a folder with one folder a label, or a manifest"
            choice="Learn from this folder"
            manifests
            onChoose={(path) => {
              picked.value = path;
            }}
          />
        </section>
        <section aria-label="Training">
          {hasNothing && (
            <p>
              You have said nothing of any clip yet: open clips and say what they are, or choose a
              folder.
            </p>
          )}
          <button
            type="button"
            disabled={checking.busy.value || hasNothing}
            onClick={() => void checking.run(() => startJob({ kind: "check", dataset }))}
          >
            Check the data set
          </button>
          <Problem text={checking.problem.value} />
          {isOfThis && <JobStatus job={check} />}
          {isOfThis && found && (
            <>
              <p>
                {found.clips} clips:{" "}
                {found.classes.map(({ label, clips }) => `${label} ${clips}`).join(", ")}.
              </p>
              {found.findings.length === 0 ? (
                <p>Nothing was found that would spoil a training.</p>
              ) : (
                <ul class="findings">
                  {found.findings.map(({ severity, message }) => (
                    <li key={message}>
                      <strong>{severity}</strong>: {message}
                    </li>
                  ))}
                </ul>
              )}
            </>
          )}
          <form
            class="settings"
            onSubmit={(event) => {
              event.preventDefault();
              void training.run(async () => {
                await startJob({
                  kind: "train",
                  dataset,
                  name: name.value || usualName,
                  ...(from.value === "" ? {} : { from: from.value }),
                  // What is chosen by trying must not be chosen beforehand.
                  ...(rnn.value === "auto" || from.value !== ""
                    ? {}
                    : {
                        epochs: epochs.value,
                        hidden: hidden.value,
                        count: frames.value,
                        rnn: rnn.value,
                      }),
                });
                name.value = "";
              });
            }}
          >
            <label>
              Name of the model
              <input
                type="text"
                pattern="[A-Za-z0-9][A-Za-z0-9_\-]{0,63}"
                placeholder={usualName}
                value={name.value}
                onInput={({ currentTarget }) => {
                  name.value = currentTarget.value;
                }}
              />
            </label>
            {models.value.length > 0 && (
              <label>
                Add to
                <select
                  value={from.value}
                  onChange={({ currentTarget }) => {
                    from.value = currentTarget.value;
                  }}
                >
                  <option value="">no model: begin anew</option>
                  {models.value.map(({ id }) => (
                    <option key={id} value={id}>
                      {id.replace(/^given:/, "")}, and all it learned from
                    </option>
                  ))}
                </select>
              </label>
            )}
            <details hidden={from.value !== ""}>
              <summary>Settings</summary>
              <label>
                Network
                <select
                  value={rnn.value}
                  onChange={({ currentTarget }) => {
                    rnn.value = currentTarget.value as keyof typeof kinds;
                  }}
                >
                  {Object.entries(kinds).map(([value, words]) => (
                    <option key={value} value={value}>
                      {words}
                    </option>
                  ))}
                </select>
              </label>
              {rnn.value !== "auto" && (
                <>
                  <NumberField name="Epochs, at most" signal={epochs} max={1000} />
                  <NumberField name="Hidden units" signal={hidden} max={1024} />
                  <NumberField name="Frames of a clip" signal={frames} max={1000} />
                </>
              )}
            </details>
            <button type="submit" class="main" disabled={training.busy.value || hasNothing}>
              Train
            </button>
          </form>
          <Problem text={training.problem.value} />
          <JobStatus job={job} />
          {job && <Curves epochs={job.epochs} />}
        </section>
      </div>
      <ModelsTable dataset={dataset} />
    </>
  );
}

function NumberField({
  name,
  signal,
  max,
}: {
  readonly name: string;
  readonly signal: { value: number };
  readonly max: number;
}): JSX.Element {
  return (
    <label>
      {name}
      <input
        type="number"
        required
        min={1}
        max={max}
        value={signal.value}
        onInput={({ currentTarget }) => {
          const value = Number(currentTarget.value);
          if (Number.isInteger(value) && value >= 1) signal.value = value;
        }}
      />
    </label>
  );
}
