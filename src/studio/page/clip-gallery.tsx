import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { ListedResult } from "../server/messages.js";
import { type Clip, ClipList } from "./clip-card.js";
import { brought, corrections, partsByPath, results } from "./store.js";

/** Cards that are shown at once, so that a folder of thousands does not hold the browser up. */
const pageSize = 60;

/** Paths that one request may have. */
const mostLabelled = 1000;

const kinds = {
  all: "all",
  open: "not looked at",
  corrected: "said by you",
  failed: "failed",
  unlabelled: "without a label",
} as const;

/** All clips, by what is said of them. */
export function ClipGallery({
  onLabel,
}: {
  /** Absent while there is no model. */
  readonly onLabel: ((paths: readonly string[]) => void) | undefined;
}): JSX.Element {
  const label = useSignal("");
  const kind = useSignal<keyof typeof kinds>("all");
  const highest = useSignal(100);
  const shown = useSignal(pageSize);
  const paths = [
    ...new Set([
      ...results.value.keys(),
      ...corrections.value.videos.map(({ path }) => path),
      ...brought.value,
    ]),
  ];
  const found = [...new Set(paths.flatMap((path) => labelsOf(path)))].sort();
  const wanted = paths.filter((path) => {
    const result = results.value.get(path);
    if (!isOfKind(path, result, kind.value)) return false;
    if (label.value !== "" && !labelsOf(path).includes(label.value)) return false;
    if (highest.value >= 100) return true;
    return result !== undefined && "label" in result && 100 * result.confidence <= highest.value;
  });
  // The least certain first, where certainty is asked for; else the newest first.
  const sorted =
    highest.value < 100
      ? wanted.sort((a, b) => confidenceOf(a) - confidenceOf(b))
      : wanted.reverse();
  const clips: Clip[] = sorted.slice(0, shown.value).map((path) => ({ path }));
  return (
    <section aria-label="Clips">
      <h2>Clips</h2>
      <fieldset class="row filters">
        <legend class="unseen">Which clips are shown</legend>
        <label>
          Label
          <select
            value={label.value}
            onChange={({ currentTarget }) => {
              label.value = currentTarget.value;
            }}
          >
            <option value="">any</option>
            {found.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          Which
          <select
            value={kind.value}
            onChange={({ currentTarget }) => {
              kind.value = currentTarget.value as keyof typeof kinds;
            }}
          >
            {Object.entries(kinds).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <label>
          Confidence at most {highest.value} %
          <input
            type="range"
            min={0}
            max={100}
            value={highest.value}
            onInput={({ currentTarget }) => {
              highest.value = Number(currentTarget.value);
            }}
          />
        </label>
        <span class="downloads">
          {results.value.size > 0 && (
            <>
              <a href="/api/results?format=jsonl" download>
                JSONL
              </a>{" "}
              <a href="/api/results?format=csv" download>
                CSV
              </a>{" "}
            </>
          )}
          {corrections.value.videos.length > 0 && (
            <a href="/api/corrections.csv" download>
              Corrections
            </a>
          )}
        </span>
      </fieldset>
      <div class="row">
        <p role="status">
          {wanted.length} of {paths.length} clips
        </p>
        {onLabel && wanted.length > 0 && (
          <button type="button" onClick={() => onLabel(wanted.slice(0, mostLabelled))}>
            Label these
          </button>
        )}
      </div>
      <ClipList clips={clips} label="Clips" />
      {wanted.length > clips.length && (
        <button
          type="button"
          onClick={() => {
            shown.value += pageSize;
          }}
        >
          Show more
        </button>
      )}
    </section>
  );
}

/** Labels of a clip: those that people say, or else the model's. */
function labelsOf(path: string): string[] {
  const parts = partsByPath.value.get(path);
  if (parts) return parts.map(({ label }) => label);
  const result = results.value.get(path);
  if (!result || "error" in result) return [];
  return [result.label, ...result.segments.map(({ label }) => label)];
}

function confidenceOf(path: string): number {
  const result = results.value.get(path);
  return result && "label" in result ? result.confidence : 0;
}

function isOfKind(
  path: string,
  result: ListedResult | undefined,
  kind: keyof typeof kinds,
): boolean {
  const isCorrected = partsByPath.value.has(path);
  if (kind === "open") return !isCorrected;
  if (kind === "corrected") return isCorrected;
  if (kind === "failed") return result !== undefined && "error" in result;
  if (kind === "unlabelled") return result === undefined && !isCorrected;
  return true;
}
