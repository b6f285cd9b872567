import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Outcome } from "../server/work-messages.js";
import { ClipList } from "./clip-card.js";
import { percent } from "./words.js";

type Evaluation = Extract<Outcome, { kind: "evaluate" }>;

/** How a model does: the figures, and the confusion matrix, each cell of which shows the clips behind it. */
export function ConfusionMatrix({ evaluation }: { readonly evaluation: Evaluation }): JSX.Element {
  const { classes, confusion, clips, accuracy, interval, meanPool, n, split, failed } = evaluation;
  const cell = useSignal<readonly [truth: number, label: number] | undefined>(undefined);
  const [truth, label] = cell.value?.map((index) => classes[index]!) ?? [];
  const behind = clips.filter((clip) => clip.truth === truth && clip.label === label);
  return (
    <div>
      <p role="status">
        {percent(accuracy)} of {n} clips are told right (95 %: {percent(interval.low)} to{" "}
        {percent(interval.high)}); by the mean over time {percent(meanPool)}.{" "}
        {split === "all"
          ? "These are all clips, those of the training too: on new ones it does worse."
          : "These clips were kept for test."}
        {failed.length > 0 ? ` ${failed.length} could not be judged.` : ""}
      </p>
      <div class="wide">
        <table class="confusion">
          <caption>What clips are (rows) and what the model takes them for (columns)</caption>
          <thead>
            <tr>
              <td />
              {classes.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, t) => (
              <tr key={classes[t]}>
                <th scope="row">{classes[t]}</th>
                {row.map((count, l) => (
                  <td key={classes[l]} class={count > 0 ? (t === l ? "right" : "wrong") : ""}>
                    {count > 0 ? (
                      <button
                        type="button"
                        aria-label={`${count} clips of ${classes[t]} taken for ${classes[l]}`}
                        aria-pressed={cell.value?.[0] === t && cell.value[1] === l}
                        onClick={() => {
                          cell.value = [t, l];
                        }}
                      >
                        {count}
                      </button>
                    ) : (
                      "0"
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cell.value && (
        <section aria-label="Clips behind the cell">
          <h3>
            {truth} taken for {label}
          </h3>
          <ClipList
            label={`${truth} taken for ${label}`}
            clips={behind.map(({ path, start, end, confidence }) => ({
              path,
              ...(start === undefined ? {} : { start }),
              ...(end === undefined ? {} : { end }),
              remark: `${label} ${percent(confidence)}`,
            }))}
          />
        </section>
      )}
    </div>
  );
}
