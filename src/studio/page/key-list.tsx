import type { JSX } from "preact";
import { keyWords } from "./clip-keys.js";

/** What the keys do, for those who ask. */
export function KeyList(): JSX.Element {
  return (
    <details>
      <summary>Keys</summary>
      <dl class="keys">
        {keyWords.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
