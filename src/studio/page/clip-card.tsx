import type { JSX } from "preact";
import type { ListedResult, Part } from "../server/messages.js";
import { filmstripUrl } from "./api.js";
import { colourOf } from "./colours.js";
import { opened, partsByPath, results } from "./store.js";
import { nameOf, percent } from "./words.js";

/** A clip in a list: a video, or a part of one. */
export interface Clip {
  readonly path: string;
  readonly start?: number;
  readonly end?: number;
  /** Said in place of what the model and people say. */
  readonly remark?: string;
}

/** Clips as cards; each opens its clip. */
export function ClipList({
  clips,
  label,
}: {
  readonly clips: readonly Clip[];
  readonly label: string;
}): JSX.Element {
  const among = clips.map(({ path }) => path);
  return (
    <ul class="cards" aria-label={label}>
      {clips.map((clip) => (
        <ClipCard key={`${clip.path}#${clip.start ?? ""}`} clip={clip} among={among} />
      ))}
    </ul>
  );
}

function ClipCard({
  clip,
  among,
}: {
  readonly clip: Clip;
  readonly among: readonly string[];
}): JSX.Element {
  const { path, start, end, remark } = clip;
  const result = results.value.get(path);
  const parts = partsByPath.value.get(path);
  const failed = result && "error" in result && !parts;
  return (
    <li>
      <button
        type="button"
        class={failed ? "card failed" : "card"}
        onClick={() => {
          opened.value = { path, among, ...(start === undefined ? {} : { start }) };
        }}
      >
        {!failed && (
          <img class="strip" src={filmstripUrl(path, start, end)} alt="" loading="lazy" />
        )}
        <span class="said">{remark ?? <Verdict result={result} parts={parts} />}</span>
        <span class="file">
          {nameOf(path)}
          {start !== undefined && end !== undefined
            ? `, ${start.toFixed(1)} to ${end.toFixed(1)} s`
            : ""}
        </span>
      </button>
    </li>
  );
}

/** What people say of a clip, or else the model. */
function Verdict({
  result,
  parts,
}: {
  readonly result: ListedResult | undefined;
  readonly parts: readonly Part[] | undefined;
}): JSX.Element {
  if (parts) {
    const names = [...new Set(parts.map(({ label }) => label))];
    return (
      <>
        {names.map((name) => (
          <Label key={name} name={name} />
        ))}
        <small>by you</small>
      </>
    );
  }
  if (!result) return <small>no label yet</small>;
  if ("error" in result)
    return <span class="problem">{shortened(result.error.message, result.path)}</span>;
  const names = [...new Set(result.segments.map(({ label }) => label))];
  const shown = names.length > 1 ? names : [result.label];
  return (
    <>
      {shown.map((name) => (
        <Label key={name} name={name} />
      ))}
      <small>{percent(result.confidence)}</small>
    </>
  );
}

/** A message in which a video is called by its name: where it is, its card says. */
function shortened(message: string, path: string): string {
  return message.replaceAll(path, nameOf(path));
}

/** A label with its colour. */
export function Label({ name }: { readonly name: string }): JSX.Element {
  return (
    <span class="label">
      <span class="swatch" style={{ background: colourOf(name) }} aria-hidden="true" />
      {name}
    </span>
  );
}
