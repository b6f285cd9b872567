import type { JSX } from "preact";
import { models } from "./store.js";

/** Chooses one of the models. */
export function ModelChoice({
  name,
  value,
  onChange,
}: {
  readonly name: string;
  readonly value: string;
  readonly onChange: (id: string) => void;
}): JSX.Element {
  return (
    <label>
      {name}
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {models.value.map(({ id, classes }) => (
          <option key={id} value={id}>
            {id.replace(/^given:/, "")} ({classes.length} classes)
          </option>
        ))}
      </select>
    </label>
  );
}
