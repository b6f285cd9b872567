import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Outcome } from "../server/work-messages.js";
import { Problem, useAction } from "./action.js";
import { startJob } from "./api.js";
import { ConfusionMatrix } from "./confusion.js";
import { JobStatus } from "./job-status.js";
import { ModelChoice } from "./model-choice.js";
import { lastJob, models } from "./store.js";
import { nameOf, percent } from "./words.js";

/** Below this probability chance is not the likely reason of a difference. */
const significance = 0.05;

/** The models that there are: judged alone, and one against another. */
export function ModelsTable({ dataset }: { readonly dataset: string }): JSX.Element | null {
  const a = useSignal("");
  const b = useSignal("");
  const action = useAction();
  const evaluating = lastJob("evaluate");
  const comparing = lastJob("compare");
  const evaluation = evaluating?.outcome;
  const comparison = comparing?.outcome;
  if (models.value.length === 0) return null;
  const newest = [...models.value].sort((one, other) => other.made - one.made);
  const first = a.value || newest[1]?.id;
  const second = b.value || newest[0]!.id;
  return (
    <section aria-label="Models">
      <h2>Models</h2>
      <div class="wide">
        <table>
          <caption>Trained models</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Labels</th>
              <th scope="col">Validation</th>
              <th scope="col">From</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {models.value.map(({ id, classes, accuracy, dataset: from }) => (
              <tr key={id}>
                <th scope="row">{id.replace(/^given:/, "")}</th>
                <td>{classes.join(", ")}</td>
                <td>{accuracy === null ? "none" : percent(accuracy)}</td>
                <td>{nameOf(from)}</td>
                <td>
                  <button
                    type="button"
                    aria-label={`Judge ${id}`}
                    onClick={() =>
                      void action.run(() => startJob({ kind: "evaluate", model: id, dataset }))
                    }
                  >
                    Judge
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {first !== undefined && (
        <div class="row">
          <ModelChoice name="Compare" value={first} onChange={(id) => (a.value = id)} />
          <ModelChoice name="with" value={second} onChange={(id) => (b.value = id)} />
          <button
            type="button"
            onClick={() =>
              void action.run(() => startJob({ kind: "compare", a: first, b: second, dataset }))
            }
          >
            Compare
          </button>
        </div>
      )}
      <Problem text={action.problem.value} />
      <JobStatus job={comparing} />
      {comparison?.kind === "compare" && <p role="status">{verdict(comparison)}</p>}
      <JobStatus job={evaluating} />
      {evaluation?.kind === "evaluate" && (
        <ConfusionMatrix key={evaluating!.id} evaluation={evaluation} />
      )}
    </section>
  );
}

function verdict({
  n,
  a,
  b,
  onlyA,
  onlyB,
  pValue,
  difference,
}: Extract<Outcome, { kind: "compare" }>): string {
  const told = `On ${n} clips: ${a.model} ${percent(a.accuracy)}, ${b.model} ${percent(b.accuracy)}; ${onlyA} only the first tells right, ${onlyB} only the second.`;
  if (pValue >= significance) return `${told} Chance may be all there is to it.`;
  return `${told} ${difference > 0 ? b.model : a.model} is better.`;
}
