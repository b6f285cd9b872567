import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { wordsOf } from "./words.js";

/** Something that is done on a click, with what went wrong where it was done. */
export interface Action {
  readonly busy: Signal<boolean>;
  readonly problem: Signal<string>;
  readonly run: (work: () => Promise<unknown>) => Promise<void>;
}

/** An action of a component. */
export function useAction(): Action {
  const busy = useSignal(false);
  const problem = useSignal("");
  return {
    busy,
    problem,
    async run(work) {
      busy.value = true;
      problem.value = "";
      try {
        await work();
      } catch (error) {
        problem.value = wordsOf(error);
      } finally {
        busy.value = false;
      }
    },
  };
}

/** What went wrong, said where it did. */
export function Problem({ text }: { readonly text: string | undefined }): JSX.Element | null {
  return text ? (
    <p class="problem" role="alert">
      {text}
    </p>
  ) : null;
}
