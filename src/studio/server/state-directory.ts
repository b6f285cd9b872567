import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MuybridgeError } from "../../core/errors.js";

/** Where all is kept that must outlive the server: files that other commands can read. */
export interface StateDirectory {
  readonly directory: string;
  /** JSON lines, as `label` writes them. */
  readonly results: string;
  /** A manifest that `train` takes. */
  readonly corrections: string;
  readonly undo: string;
  /** Work that is under way or waits. */
  readonly jobs: string;
  readonly uploads: string;
  readonly models: string;
  readonly filmstrips: string;
  /** Lets another server have it. */
  readonly release: () => Promise<void>;
}

/**
 * Opens the `.muybridge` folder under a root, for one server at a time.
 *
 * @throws MuybridgeError ERR_USAGE where it cannot be written, or another server has it.
 */
export async function openStateDirectory(root: string): Promise<StateDirectory> {
  const directory = join(root, ".muybridge");
  const at = (name: string): string => join(directory, name);
  const [uploads, models, filmstrips] = [at("uploads"), at("models"), at("filmstrips")];
  try {
    for (const each of [uploads, models, filmstrips]) await mkdir(each, { recursive: true });
  } catch (cause) {
    const why = `${directory} cannot be written; results and corrections are kept there. Serve a folder that can be written.`;
    throw new MuybridgeError("ERR_USAGE", why, { path: directory, cause });
  }
  const lock = at("serve.pid");
  await takeLock(lock, root);
  return {
    directory,
    results: at("labels.jsonl"),
    corrections: at("corrections.csv"),
    undo: at("corrections.undo.json"),
    jobs: at("jobs.json"),
    uploads,
    models,
    filmstrips,
    release: () => rm(lock, { force: true }),
  };
}

async function takeLock(lock: string, root: string): Promise<void> {
  const take = (): Promise<boolean> =>
    writeFile(lock, String(process.pid), { flag: "wx" }).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") return false;
        throw error;
      },
    );
  if (await take()) return;
  const holder = Number(await readFile(lock, "utf8").catch(() => ""));
  if (!isRunning(holder)) {
    // It died without a word.
    await rm(lock, { force: true });
    if (await take()) return;
  }
  const why = `Another studio (process ${holder}) serves ${root}. Use that one, or stop it first; if there is none, remove ${lock}.`;
  throw new MuybridgeError("ERR_USAGE", why, { path: lock });
}

function isRunning(pid: number): boolean {
  if (!(Number.isInteger(pid) && pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
