import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Problem, useAction } from "./action.js";
import { startJob } from "./api.js";
import { ClipGallery } from "./clip-gallery.js";
import { FolderPicker } from "./folder-picker.js";
import { JobStatus } from "./job-status.js";
import { ModelChoice } from "./model-choice.js";
import { bring, lastJob, models, view } from "./store.js";
import { UploadList, uploadAll } from "./upload-list.js";

// What is chosen stays while another page is looked at.
const model = signal("");
const window = signal("");

/** Bringing videos, labelling them, and what came of it. */
export function LabelView(): JSX.Element {
  const isOver = useSignal(false);
  const action = useAction();
  const chosen = model.value || models.value[0]?.id;
  const label = (paths: readonly string[]): void => {
    if (paths.length === 0 || chosen === undefined) return;
    const seconds = Number(window.value);
    void action.run(() =>
      startJob({
        kind: "label",
        paths: [...paths],
        model: chosen,
        ...(seconds > 0 ? { window: seconds } : {}),
      }),
    );
  };
  const take = async (files: FileList | null | undefined): Promise<void> => {
    label(await uploadAll([...(files ?? [])]));
  };
  return (
    <>
      <h1>Label</h1>
      <div class="columns">
        <section aria-label="Bring videos">
          {/* biome-ignore lint/a11y/noStaticElementInteractions: for a mouse alone; the input within is for all */}
          <div
            class={isOver.value ? "drop over" : "drop"}
            onDragOver={(event) => {
              event.preventDefault();
              isOver.value = true;
            }}
            onDragLeave={() => {
              isOver.value = false;
            }}
            onDrop={(event) => {
              event.preventDefault();
              isOver.value = false;
              void take(event.dataTransfer?.files);
            }}
          >
            <label for="files">Drop videos here, or choose them</label>
            <input
              id="files"
              type="file"
              multiple
              accept="video/*,.avi,.mkv,.gif,.flv,.wmv,.ts,.mts,.mpg"
              onChange={({ currentTarget }) => {
                void take(currentTarget.files).then(() => {
                  currentTarget.value = "";
                });
              }}
            />
          </div>
          <UploadList />
          {models.value.length === 0 ? (
            <p>
              There is no model yet. Open clips and say what they are, or{" "}
              <button
                type="button"
                class="link"
                onClick={() => {
                  view.value = "train";
                }}
              >
                train one on a folder
              </button>
              .
            </p>
          ) : (
            <div class="row">
              <ModelChoice
                name="Model"
                value={chosen ?? ""}
                onChange={(id) => (model.value = id)}
              />
              <label>
                Find segments
                <select
                  value={window.value}
                  onChange={({ currentTarget }) => {
                    window.value = currentTarget.value;
                  }}
                >
                  <option value="">no: one label a video</option>
                  {[1, 2, 4, 8].map((seconds) => (
                    <option key={seconds} value={seconds}>
                      by a window of {seconds} s
                    </option>
                  ))}
                </select>
              </label>
            </div>
          )}
          <Problem text={action.problem.value} />
          <JobStatus job={lastJob("label")} />
        </section>
        <FolderPicker
          legend="Or take a folder"
          choice={chosen === undefined ? "Show its videos" : "Label this folder"}
          onChoose={(path, folder) => {
            bring(folder.videos.map((video) => video.path));
            label([path]);
          }}
        />
      </div>
      <ClipGallery onLabel={chosen === undefined ? undefined : label} />
    </>
  );
}
