import type { JSX } from "preact";
import type { LabelledResult } from "../server/messages.js";
import { Label } from "./clip-card.js";
import { type TimedPart, withEnd, withLabel } from "./parts.js";
import { labels } from "./store.js";
import { percent } from "./words.js";

/** Labels that have a key of their own. */
const keyedLabels = 9;

/** The labels to choose from, the model's likeliest first; those with a key are the first nine. */
export function rankedLabels(result: LabelledResult | undefined): string[] {
  const top = result?.top.map(({ label }) => label) ?? [];
  return [...new Set([...top, ...labels.value])];
}

/** Buttons of the labels: what a part is, in one click or by one key. */
export function LabelButtons({
  result,
  current,
  onLabel,
}: {
  readonly result: LabelledResult | undefined;
  readonly current: string | undefined;
  readonly onLabel: (label: string) => void;
}): JSX.Element {
  const confidences = new Map(result?.top.map(({ label, confidence }) => [label, confidence]));
  return (
    <ul class="labels" aria-label="Labels">
      {rankedLabels(result).map((name, index) => {
        const confidence = confidences.get(name);
        return (
          <li key={name}>
            <button type="button" aria-pressed={name === current} onClick={() => onLabel(name)}>
              {index < keyedLabels && <kbd>{index + 1}</kbd>} <Label name={name} />
              {confidence !== undefined && <small>{percent(confidence)}</small>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** The parts of a video as a table whose cells can be changed. */
export function PartsTable({
  parts,
  duration,
  current,
  onChange,
  onSeek,
}: {
  readonly parts: readonly TimedPart[];
  readonly duration: number;
  /** Index of the part at the position. */
  readonly current: number;
  readonly onChange: (parts: readonly TimedPart[]) => void;
  readonly onSeek: (time: number) => void;
}): JSX.Element {
  const edge = (index: number, end: "start" | "end"): JSX.Element => (
    <input
      type="number"
      aria-label={`${end === "start" ? "Start" : "End"} of part ${index + 1}, seconds`}
      min={0}
      max={duration}
      step={0.05}
      value={parts[index]![end].toFixed(2)}
      onChange={({ currentTarget }) => {
        const value = Number(currentTarget.value);
        if (currentTarget.value.trim() === "" || !Number.isFinite(value)) return;
        onChange(withEnd(parts, index, end, value, duration));
      }}
    />
  );
  return (
    <div class="wide">
      <table>
        <caption>Parts</caption>
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Start, s</th>
            <th scope="col">End, s</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {parts.map(({ label, start }, index) => (
            <tr key={index} class={index === current ? "current" : ""}>
              <td>
                <input
                  type="text"
                  list="known-labels"
                  aria-label={`Label of part ${index + 1}`}
                  value={label}
                  onChange={({ currentTarget }) => {
                    const name = currentTarget.value.trim();
                    if (name !== "") onChange(withLabel(parts, index, name));
                  }}
                />
              </td>
              <td>{edge(index, "start")}</td>
              <td>{edge(index, "end")}</td>
              <td>
                <button
                  type="button"
                  aria-label={`Go to part ${index + 1}`}
                  onClick={() => onSeek(start)}
                >
                  Go
                </button>{" "}
                <button
                  type="button"
                  aria-label={`Remove part ${index + 1}`}
                  onClick={() => onChange(parts.filter((_, i) => i !== index))}
                >
                  Remove
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <datalist id="known-labels">
        {labels.value.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </div>
  );
}
