import { mkdir, readFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { writeFileAtomically } from "../../core/atomic-file.js";
import { checkOrigin } from "./check-origin.js";
import type { ResultWriter, ResultWriterOptions } from "./result-writer.js";
import { outError, unwritable } from "./unwritable.js";
import { readWebVtt, toWebVtt } from "./web-vtt.js";

const extension = ".vtt";

/**
 * Opens a writer of subtitles: a file a video, each of which gets its name when it is complete.
 *
 * @throws MuybridgeError ERR_USAGE for several videos without a directory.
 */
export async function openSubtitleWriter(
  out: string | undefined,
  { resume, paths = [], nameOutputs = (all) => all }: ResultWriterOptions,
): Promise<ResultWriter> {
  const oneFile = out !== undefined && extname(out).toLowerCase() === extension;
  if (paths.length > 1 && (out === undefined || oneFile)) {
    throw outError(
      `${paths.length} videos have as many files of subtitles: --format vtt needs --out DIR.`,
    );
  }
  if (resume && out === undefined) {
    throw outError("Only files can be gone on with: --resume needs --out.");
  }
  const targets = targetsByPath(paths, out, oneFile, nameOutputs);
  /** Targets of the results that are to come, in their order. */
  const awaited: (string | undefined)[] = [];
  const kept = { labelled: 0, failed: 0 };
  return {
    kept,
    async wants(path) {
      const target = targets.get(path)?.shift();
      const written = resume && target !== undefined ? await readTarget(target) : undefined;
      // Another video of the same name, or other subtitles, do not stand for this one's.
      if (resume && target !== undefined && written?.path === path) {
        checkOrigin(target, written, resume);
        if (written.failed) kept.failed += 1;
        else kept.labelled += 1;
        return false;
      }
      awaited.push(target);
      return true;
    },
    async write(result) {
      const target = awaited.shift();
      const text = toWebVtt(result);
      if (target === undefined) return print(text);
      try {
        await mkdir(dirname(target), { recursive: true });
        await writeFileAtomically(target, text);
      } catch (error) {
        throw unwritable(target, error);
      }
    },
    async close() {},
  };
}

/** Where the subtitles of each path go; a path that is named twice has two places. */
function targetsByPath(
  paths: readonly string[],
  out: string | undefined,
  oneFile: boolean,
  nameOutputs: (paths: readonly string[]) => readonly string[],
): Map<string, string[]> {
  const targets = new Map<string, string[]>();
  if (out === undefined) return targets;
  const names = oneFile ? [] : nameOutputs(paths);
  paths.forEach((path, i) => {
    const target = oneFile ? out : join(out, `${names[i]!}${extension}`);
    const own = targets.get(path);
    if (own) own.push(target);
    else targets.set(path, [target]);
  });
  return targets;
}

async function readTarget(path: string): Promise<ReturnType<typeof readWebVtt>> {
  try {
    return readWebVtt(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unwritable(path, error);
  }
}

function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) =>
      error ? reject(unwritable(undefined, error)) : resolve(),
    );
  });
}
