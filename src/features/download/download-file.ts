/**
 * Downloads: a file by HTTP(S), gone on with where an earlier try stopped, and put in place only when it is whole
 * and the right one.
 */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import type { LongCallOptions } from "../../core/progress.js";
import { fetchRest, type Setback } from "./fetch-rest.js";
import { networkFailure } from "./network-error.js";
import { openPartialFile, type PartialFile } from "./partial-file.js";

/** What is wanted, and how long to try. */
export interface DownloadOptions extends LongCallOptions {
  /** Where it can be had, best first. */
  readonly urls: readonly string[];
  /** Size in bytes, where it is known. */
  readonly size?: number;
  /** SHA-256 in hexadecimal, where it is known. */
  readonly sha256?: string;
  /** Largest size that is taken where the true one is not known, in bytes. */
  readonly maxSize: number;
  /** Says what is wrong with a file that begins with these bytes; undefined where nothing is. */
  readonly fault?: (head: Uint8Array) => string | undefined;
  /** Told of every try that failed and will be repeated. */
  readonly onWarning?: (message: string) => void;
  /** Seconds without a byte after which a try has failed. Default 30. */
  readonly idleTimeout?: number;
  /** Tries of one address. Default 5. */
  readonly tries?: number;
  /** Seconds before the second try; each further wait is twice as long. Default 0.5. */
  readonly firstWait?: number;
}

/** What came. */
export interface Downloaded {
  readonly url: string;
  readonly sha256: string;
  /** In bytes. */
  readonly size: number;
}

/** Longest time a connection may take, in milliseconds. */
const connectTimeout = 15_000;

/** Longest wait that a server may ask for, in seconds. */
const longestWait = 30;

/**
 * Downloads a file to a path, whose directory is made where it is missing. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured.
 *
 * What has come is kept beside the path when the call fails or is interrupted, and the next call goes on from
 * there. Several processes may download the same file at once: each writes a part of its own, and the file
 * appears in one step.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE saying of every address why it failed; ERR_CACHE_FULL where there
 * is no space.
 */
export async function downloadFile(path: string, options: DownloadOptions): Promise<Downloaded> {
  const dispatcher = openDispatcher(1000 * (options.idleTimeout ?? 30));
  try {
    await mkdir(dirname(path), { recursive: true });
    await using part = await openPartialFile(path);
    const failures: string[] = [];
    for (const url of fromWhereItBegan(options.urls, part)) {
      const failure = await tryAddress(url, { part, dispatcher, options });
      if (failure === undefined) {
        const downloaded = { url, sha256: part.digest(), size: part.length() };
        await part.finish();
        return downloaded;
      }
      failures.push(`${url}: ${failure}`);
    }
    if (part.length() > 0) failures.push(`${part.length()} bytes are kept for the next try.`);
    throw new MuybridgeError("ERR_WEIGHTS_UNAVAILABLE", failures.join("\n"), { path });
  } catch (error) {
    throw writingFailure(error, path) ?? error;
  } finally {
    await dispatcher.destroy();
  }
}

function openDispatcher(idle: number): Dispatcher {
  try {
    return new EnvHttpProxyAgent({
      connect: { timeout: Math.min(idle, connectTimeout) },
      headersTimeout: idle,
      bodyTimeout: idle,
      // As curl does: a tunnel for HTTPS only.
      proxyTunnel: false,
    });
  } catch (error) {
    throw new MuybridgeError(
      "ERR_USAGE",
      `HTTPS_PROXY or HTTP_PROXY cannot be used: ${messageOf(error)}. It must look like http://host:port.`,
      { parameter: "HTTPS_PROXY", cause: error },
    );
  }
}

/** The addresses, the one first that a part has come from: only there can it be gone on with. */
function fromWhereItBegan(urls: readonly string[], part: PartialFile): string[] {
  const began = part.origin()?.url;
  return [...urls].sort((a, b) => Number(b === began) - Number(a === began));
}

/** The error to throw where a file could not be written. */
function writingFailure(error: unknown, path: string): MuybridgeError | undefined {
  if (!(error instanceof Error) || error instanceof MuybridgeError) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const advice = "Set MUYBRIDGE_CACHE_DIR to a directory that can be written.";
  return new MuybridgeError(
    isFull ? "ERR_CACHE_FULL" : "ERR_WEIGHTS_UNAVAILABLE",
    `${path} cannot be written: ${messageOf(error)}. ${advice}`,
    { path, cause: error },
  );
}

interface Work {
  readonly part: PartialFile;
  readonly dispatcher: Dispatcher;
  readonly options: DownloadOptions;
}

/** Tries an address until the part is the whole file; else says why it is not. */
async function tryAddress(url: string, work: Work): Promise<string | undefined> {
  const { tries = 5, firstWait = 0.5, signal, onWarning } = work.options;
  for (let n = 1; ; n++) {
    signal?.throwIfAborted();
    const setback = await tryOnce(url, work);
    if (setback === undefined) return undefined;
    if (setback.lasting) return setback.reason;
    if (n >= tries) return `${setback.reason} (tried ${n} times)`;
    const wait = Math.min(setback.wait ?? firstWait * 2 ** (n - 1), longestWait);
    onWarning?.(`${url}: ${setback.reason}; trying again in ${wait} s`);
    await sleep(1000 * wait, undefined, signal ? { signal } : {}).catch(() => {
      signal?.throwIfAborted();
    });
  }
}

async function tryOnce(url: string, work: Work): Promise<Setback | undefined> {
  const { part, options } = work;
  const resumed = part.length() > 0;
  try {
    return (await fetchRest(url, work)) ?? (await checkWhole(part, resumed, options));
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof MuybridgeError) return { reason: messageOf(error), lasting: true };
    const failure = networkFailure(error);
    if (!failure) throw error;
    return { reason: failure.reason, lasting: !failure.passing };
  }
}

/** Checks a part that should be the whole file; one that is wrong is thrown away. */
async function checkWhole(
  part: PartialFile,
  resumed: boolean,
  { sha256, fault }: DownloadOptions,
): Promise<Setback | undefined> {
  const found = part.digest();
  const wrong =
    fault?.(part.head()) ??
    (sha256 === undefined || found === sha256
      ? undefined
      : `what came has the SHA-256 ${found}, expected is ${sha256}; it was removed`);
  if (wrong === undefined) return undefined;
  await part.restart();
  // What was kept of an earlier run may be of another version of the file, so one fresh try is fair.
  return { reason: wrong, lasting: !resumed };
}
