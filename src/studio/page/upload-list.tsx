import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { uploadVideo } from "./api.js";
import { announcement, bring } from "./store.js";
import { wordsOf } from "./words.js";

/** A file on its way. */
interface Upload {
  readonly key: number;
  readonly name: string;
  /** Part that is sent, in [0, 1]. */
  readonly sent: number;
  readonly problem?: string;
}

const uploads = signal<readonly Upload[]>([]);
let lastKey = 0;

/**
 * Brings files to the server, one after the other. What goes wrong with one is said beside its name.
 *
 * @returns their paths there
 */
export async function uploadAll(files: readonly File[]): Promise<string[]> {
  const waiting = files.map((file) => ({ file, key: ++lastKey }));
  uploads.value = [
    ...uploads.value.filter(({ problem }) => problem === undefined),
    ...waiting.map(({ file, key }) => ({ key, name: file.name, sent: 0 })),
  ];
  const paths: string[] = [];
  for (const { file, key } of waiting) {
    const change = (part: Partial<Upload>): void => {
      uploads.value = uploads.value.map((each) => (each.key === key ? { ...each, ...part } : each));
    };
    try {
      paths.push(await uploadVideo(file, (sent) => change({ sent })));
      uploads.value = uploads.value.filter((each) => each.key !== key);
    } catch (error) {
      change({ problem: wordsOf(error) });
    }
  }
  bring(paths);
  announcement.value = `${paths.length} of ${files.length} videos are there`;
  return paths;
}

/** The files on their way. */
export function UploadList(): JSX.Element | null {
  if (uploads.value.length === 0) return null;
  return (
    <ul class="uploads" aria-label="Uploads">
      {uploads.value.map(({ key, name, sent, problem }) => (
        <li key={key}>
          {problem === undefined ? (
            <>
              {name} <progress max={1} value={sent} aria-label={`${name}: part that is sent`} />
            </>
          ) : (
            <span class="problem" role="alert">
              {problem}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
