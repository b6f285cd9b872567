import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { type AllowedPlaces, allowedUrl } from "./allowed-places.js";

/** How much a worker downloads for a job, and for how long. */
export interface DownloadLimits {
  /** Bytes. */
  readonly maxSize: number;
  /** Seconds, all in all. */
  readonly timeout: number;
}

const maxRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Downloads a video into a file of its own, which is there while the work goes on. Each redirect must lead to an
 * address that is allowed, too.
 *
 * @throws MuybridgeError ERR_USAGE for an address that is not allowed; ERR_TOO_LARGE, ERR_TIMEOUT,
 * ERR_FILE_NOT_FOUND; the signal's reason on abort.
 */
export async function withDownload<T>(
  address: string,
  places: AllowedPlaces,
  limits: DownloadLimits,
  work: (path: string) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const url = allowedUrl(address, places);
  const directory = await mkdtemp(join(tmpdir(), "muybridge-"));
  try {
    const path = join(directory, "video");
    const deadline = AbortSignal.timeout(limits.timeout * 1000);
    try {
      await fetchTo(path, url, places, limits.maxSize, AbortSignal.any([signal, deadline]));
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) {
        const why = `${address} did not come within ${limits.timeout} s. Raise the worker's --timeout if it is only long.`;
        throw new MuybridgeError("ERR_TIMEOUT", why, { path: address });
      }
      if (error instanceof MuybridgeError) throw error;
      throw missing(address, messageOf(error), error);
    }
    return await work(path);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetchTo(
  path: string,
  first: URL,
  places: AllowedPlaces,
  maxSize: number,
  signal: AbortSignal,
): Promise<void> {
  const { request } = await import("undici");
  let url = first;
  for (let step = 0; step <= maxRedirects; step++) {
    const { statusCode, headers, body } = await request(url, {
      signal,
      headers: { "user-agent": "muybridge", "accept-encoding": "identity" },
    });
    const location = [headers.location ?? []].flat()[0];
    if (redirects.has(statusCode) && location !== undefined) {
      body.on("error", () => {}).destroy();
      if (!URL.canParse(location, url.href))
        throw missing(first.href, `it redirects to ${location}`);
      url = allowedUrl(new URL(location, url).href, places);
      continue;
    }
    if (statusCode !== 200) {
      body.on("error", () => {}).destroy();
      throw missing(first.href, `the server answers ${statusCode}`);
    }
    await pipeline(
      body,
      (parts: AsyncIterable<Buffer>) => bounded(parts, maxSize, first.href),
      createWriteStream(path, { mode: 0o600 }),
    );
    return;
  }
  throw missing(first.href, `it redirects more than ${maxRedirects} times`);
}

async function* bounded(
  parts: AsyncIterable<Buffer>,
  maxSize: number,
  address: string,
): AsyncGenerator<Buffer, void> {
  let size = 0;
  for await (const part of parts) {
    size += part.length;
    if (size > maxSize) {
      const why = `${address} has more than ${Math.floor(maxSize / 2 ** 20)} MiB. Raise the worker's --max-download to take it.`;
      throw new MuybridgeError("ERR_TOO_LARGE", why, { path: address });
    }
    yield part;
  }
}

function missing(address: string, why: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_FILE_NOT_FOUND", `${address} cannot be downloaded: ${why}.`, {
    path: address,
    ...(cause === undefined ? {} : { cause }),
  });
}
