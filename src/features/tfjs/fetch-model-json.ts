import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { isFile } from "../../core/is-file.js";
import { maxModelJsonSize, parseModelJson, sizeOfGroup } from "./model-json.js";

/** A published TensorFlow.js model, and where it is kept. */
export interface PublishedModel {
  readonly name: string;
  /** Address that model.json and its shards are below. */
  readonly url: string;
  /** Directory of its own, which need not exist. */
  readonly directory: string;
}

/** What TensorFlow Hub is told, so that it answers with files in TensorFlow.js's format. */
const query = "?tfjs-format=file";

/** Milliseconds that a server may stay silent. */
const patience = 30_000;

/**
 * The path of a published model.json on disk; it and its shards are fetched where they are not there yet. They
 * appear together or not at all, also with several processes at it.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE saying what went wrong and where the files can be put by hand.
 */
export async function fetchModelJson({ name, url, directory }: PublishedModel): Promise<string> {
  const path = join(directory, "model.json");
  if (await isFile(path)) return path;
  try {
    await mkdir(dirname(directory), { recursive: true });
    const part = await mkdtemp(`${directory}.part-`);
    try {
      await fetchInto(part, url);
      await rename(part, directory).catch(async (error: unknown) => {
        // Another process may have been faster.
        if (!(await isFile(path))) throw error;
      });
    } finally {
      await rm(part, { recursive: true, force: true });
    }
  } catch (error) {
    throw new MuybridgeError(
      "ERR_WEIGHTS_UNAVAILABLE",
      `The weights of ${name} could not be fetched: ${messageOf(error)}. They are at ${url}/model.json${query}; with model.json and its shards in ${directory} no network is needed.`,
      { path, cause: error },
    );
  }
  return path;
}

async function fetchInto(directory: string, url: string): Promise<void> {
  const json = await fetchFile(`${url}/model.json${query}`, maxModelJsonSize);
  const { weightsManifest } = parseModelJson(json, `${url}/model.json`);
  await writeFile(join(directory, "model.json"), json);
  for (const group of weightsManifest) {
    let left = sizeOfGroup(group);
    for (const shard of group.paths) {
      const bytes = await fetchFile(`${url}/${shard}${query}`, left);
      left -= bytes.length;
      await mkdir(dirname(join(directory, shard)), { recursive: true });
      await writeFile(join(directory, shard), bytes);
    }
    if (left > 0) throw new Error(`the shards at ${url} are ${left} bytes too short`);
  }
}

/** Gets a file of at most so many bytes. */
async function fetchFile(url: string, limit: number): Promise<Uint8Array> {
  // Late, since the catalogue names this module to every command.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const silence = { headersTimeout: patience, bodyTimeout: patience };
  const dispatcher = new EnvHttpProxyAgent(silence);
  try {
    const response = await fetch(url, { dispatcher });
    if (!response.ok) throw new Error(`${url} answers ${response.status} ${response.statusText}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      if (size > limit) throw new Error(`${url} gives more than ${limit} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    // fetch says "fetch failed" or "terminated", and why in the cause.
    const { cause } = error as Error;
    throw cause instanceof Error ? new Error(`${url}: ${cause.message}`, { cause: error }) : error;
  } finally {
    await dispatcher.destroy();
  }
}
