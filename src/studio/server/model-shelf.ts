import { readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readBoundedFile } from "../../core/bounded-file.js";
import { sha256 } from "../../core/digest.js";
import { MuybridgeError } from "../../core/errors.js";
import { parseModelRecord } from "../../pipeline/model-directory.js";
import type { ModelEntry } from "./work-messages.js";

/** The models that can be chosen: those that were trained here, and the one that was named at the start. */
export interface ModelShelf {
  /** The newest first, but before it the one that was named. */
  readonly list: () => Promise<ModelEntry[]>;
  /** @throws MuybridgeError ERR_FILE_NOT_FOUND for a name that is on no model. */
  readonly directoryOf: (id: string) => Promise<string>;
  /** Where a model of this name goes. */
  readonly place: (name: string) => string;
}

/** Id of the model that was named at the start; no folder can have it as its name here. */
const givenId = "given:";

/** Bytes of a model.json that is looked at to list it. */
const largestRecord = 2 ** 26;

/** Opens the shelf. */
export function openModelShelf(models: string, given?: string): ModelShelf {
  const list = async (): Promise<ModelEntry[]> => {
    const names = (await readdir(models, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
      .map(({ name }) => name);
    const own = await Promise.all(names.map((name) => describe(name, join(models, name))));
    const entries = own.filter((entry) => entry !== undefined);
    entries.sort((a, b) => b.made - a.made);
    const first =
      given === undefined
        ? undefined
        : await describe(`${givenId}${basename(resolve(given))}`, resolve(given));
    return first ? [first, ...entries] : entries;
  };
  return {
    list,
    async directoryOf(id) {
      const entry = (await list()).find((each) => each.id === id);
      if (entry) return entry.directory;
      const why = `There is no model ${id}; train one, or start with --model.`;
      throw new MuybridgeError("ERR_FILE_NOT_FOUND", why, { path: id });
    },
    place: (name) => join(models, name),
  };
}

/** A model as it is listed, or undefined where there is none that can be read. */
async function describe(id: string, directory: string): Promise<ModelEntry | undefined> {
  const path = join(directory, "model.json");
  try {
    const refuse = (why: string): Error => new Error(why);
    const json = (await readBoundedFile(path, largestRecord, refuse)).toString("utf8");
    const { classes, validation, training, features } = parseModelRecord(json, path);
    if (features.kind === "sequence") return undefined;
    return {
      id,
      directory,
      digest: sha256(json),
      classes: [...classes],
      accuracy: validation?.accuracy ?? null,
      dataset: training.data.name,
      made: (await stat(path)).mtimeMs,
    };
  } catch {
    return undefined;
  }
}
