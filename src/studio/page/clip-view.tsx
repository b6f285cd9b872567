import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Timeline } from "../server/messages.js";
import { Problem, useAction } from "./action.js";
import { filmstripUrl, readTimeline, subtitlesUrl, videoUrl } from "./api.js";
import { onClipKey } from "./clip-keys.js";
import { KeyList } from "./key-list.js";
import {
  keptParts,
  partAt,
  split,
  type TimedPart,
  timedParts,
  withEnd,
  withLabel,
} from "./parts.js";
import { LabelButtons, PartsTable, rankedLabels } from "./parts-editor.js";
import {
  announcement,
  corrections,
  type OpenedClip,
  opened,
  partsByPath,
  results,
  say,
  undo,
} from "./store.js";
import { TimelineChart } from "./timeline.js";
import { nameOf, wordsOf } from "./words.js";

/** A clip: the video, what the model says over its time, and what it is, to be put right. */
export function ClipView({ clip }: { readonly clip: OpenedClip }): JSX.Element {
  const { path } = clip;
  const found = results.value.get(path);
  const result = found && "label" in found ? found : undefined;
  const said = partsByPath.value.get(path);
  const dialog = useRef<HTMLDialogElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const time = useSignal(clip.start ?? 0);
  const length = useSignal(result?.duration ?? 0);
  const cannotPlay = useSignal(false);
  const timeline = useSignal<Timeline | undefined>(undefined);
  const noTimeline = useSignal("");
  /** While an end is dragged. */
  const draft = useSignal<readonly TimedPart[] | undefined>(undefined);
  const saving = useAction();

  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const model = result?.options;
  useEffect(() => {
    if (model === undefined) return;
    readTimeline(path).then(
      (read) => {
        timeline.value = read;
      },
      (error: unknown) => {
        noTimeline.value = wordsOf(error);
      },
    );
  }, [path, model, timeline, noTimeline]);

  const duration = length.value;
  const parts = draft.value ?? timedParts(said, result, duration);
  const current = partAt(parts, time.value);
  const seek = (to: number): void => {
    time.value = Math.min(Math.max(to, 0), duration);
    if (video.current && !cannotPlay.value) video.current.currentTime = time.value;
  };
  const save = (next: readonly TimedPart[]): void => {
    void saving.run(async () => {
      await say(path, keptParts(next, duration));
      announcement.value = next.length > 0 ? "Saved" : "Taken back";
    });
  };
  const setLabel = (label: string): void => {
    const whole = [{ label, start: 0, end: duration }];
    save(parts.length === 0 ? whole : withLabel(parts, Math.max(current, 0), label));
  };
  const takeBack = (): void => {
    void saving.run(async () => {
      await undo();
      announcement.value = "Undone";
    });
  };
  const move = (index: number, end: "start" | "end", to: number, isDone: boolean): void => {
    const next = withEnd(parts, index, end, to, duration);
    draft.value = isDone ? undefined : next;
    if (isDone) save(next);
  };
  const goOn = (by: 1 | -1): void => {
    const next = clip.among[clip.among.indexOf(path) + by];
    if (next !== undefined) opened.value = { path: next, among: clip.among };
  };
  const close = (): void => {
    opened.value = undefined;
  };
  const last = corrections.value.undo;
  const newLabel = useRef<HTMLInputElement>(null);
  return (
    <dialog
      ref={dialog}
      class="clip"
      aria-labelledby="clip-name"
      onClose={close}
      onKeyDown={(event) =>
        onClipKey(event, {
          play: () => {
            const player = video.current;
            if (player) void (player.paused ? player.play().catch(() => {}) : player.pause());
          },
          step: (seconds) => seek(time.value + seconds),
          label: (index) => {
            const label = rankedLabels(result)[index];
            if (label !== undefined) setLabel(label);
          },
          confirm: () => parts.length > 0 && save(parts),
          split: () => save(split(parts, time.value)),
          edge: (end) => current >= 0 && save(withEnd(parts, current, end, time.value, duration)),
          remove: () => current >= 0 && save(parts.filter((_, i) => i !== current)),
          undo: takeBack,
          next: goOn,
        })
      }
    >
      <div class="row head">
        <h2 id="clip-name" tabIndex={-1} autofocus>
          {nameOf(path)}
        </h2>
        <button type="button" onClick={() => goOn(-1)}>
          Previous
        </button>
        <button type="button" onClick={() => goOn(1)}>
          Next
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      <div class="columns">
        <div>
          {cannotPlay.value ? (
            <>
              <p class="problem" role="alert">
                This browser cannot play {nameOf(path)}. These are frames of it.
              </p>
              <img class="strip" src={filmstripUrl(path)} alt={`Frames of ${nameOf(path)}`} />
            </>
          ) : (
            <video
              ref={video}
              src={videoUrl(path)}
              controls
              muted
              playsInline
              aria-label={nameOf(path)}
              onLoadedMetadata={({ currentTarget }) => {
                if (length.value === 0) length.value = currentTarget.duration;
                currentTarget.currentTime = time.value;
              }}
              onTimeUpdate={({ currentTarget }) => {
                time.value = Math.min(currentTarget.currentTime, duration);
              }}
              onError={() => {
                cannotPlay.value = true;
              }}
            />
          )}
          {duration > 0 && (
            <TimelineChart
              timeline={timeline.value}
              parts={parts}
              duration={duration}
              time={time}
              onSeek={seek}
              onMove={move}
            />
          )}
          <Problem text={noTimeline.value} />
        </div>
        <div>
          {found && "error" in found && <Problem text={found.error.message} />}
          <p role="status">
            {said
              ? "This is what you say."
              : parts.length > 0
                ? "This is what the model says."
                : ""}
          </p>
          <LabelButtons result={result} current={parts[current]?.label} onLabel={setLabel} />
          <form
            class="row"
            onSubmit={(event) => {
              event.preventDefault();
              const name = newLabel.current!.value.trim();
              if (name === "") return;
              setLabel(name);
              newLabel.current!.value = "";
            }}
          >
            <label>
              Another label
              <input ref={newLabel} type="text" maxLength={200} />
            </label>
            <button type="submit">Set</button>
          </form>
          <div class="row">
            <button type="button" disabled={parts.length === 0} onClick={() => save(parts)}>
              That is right
            </button>
            <button type="button" onClick={() => save(split(parts, time.value))}>
              Split here
            </button>
            <button type="button" disabled={!said} onClick={() => save([])}>
              Say nothing
            </button>
            <button type="button" disabled={last === null} onClick={takeBack}>
              Undo{last !== null && last !== path ? ` (${nameOf(last)})` : ""}
            </button>
          </div>
          <Problem text={saving.problem.value} />
          {parts.length > 0 && (
            <PartsTable
              parts={parts}
              duration={duration}
              current={current}
              onChange={save}
              onSeek={seek}
            />
          )}
          {result && (
            <p>
              <a href={subtitlesUrl(path)} download>
                Subtitles (VTT)
              </a>
            </p>
          )}
          <KeyList />
        </div>
      </div>
    </dialog>
  );
}
