import { MuybridgeError } from "../core/errors.js";
import { isFile } from "../core/is-file.js";
import type { LongCallOptions } from "../core/progress.js";
import { catalogueEntry } from "./catalogue.js";
import type { CatalogueEntry } from "./catalogue-entry.js";
import type { CnnFormat } from "./cnn-choice.js";
import type { CnnDownload } from "./cnn-source.js";
import { type DownloadOptions, downloadFile } from "./download/download-file.js";
import {
  byHand,
  findWeights,
  maxUnknownSize,
  readRecord,
  recordPath,
  remember,
  weightsPath,
} from "./pulled-weights.js";

/** Options of {@link pullCnn}. */
export interface PullCnnOptions extends LongCallOptions {
  /** Told of tries that failed and are repeated, and of weights that nobody has checked. */
  readonly onWarning?: (message: string) => void;
  /** Seconds without a byte after which a try has failed. Default 30. */
  readonly idleTimeout?: number;
  /** Tries of one address. Default 5. */
  readonly tries?: number;
  /** Seconds before the second try; each further wait is twice as long. Default 0.5. */
  readonly firstWait?: number;
}

/** A network of the catalogue that is on this machine. */
export interface PulledCnn {
  readonly name: string;
  /** The file that holds its weights. */
  readonly path: string;
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string;
  /** Whether the file's digest, layer and dimension are known to be right: see the list of networks. */
  readonly verified: boolean;
  /** Whether this call has downloaded it; false where it was there already. */
  readonly downloaded: boolean;
}

/**
 * Gets the weights of a network of the catalogue onto this machine, once: into the directory `cnn` of the cache
 * directory. A call that fails or is interrupted keeps what has come, and the next one goes on from there.
 * Progress is told in kilobytes. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are honoured.
 *
 * @param name a name of the catalogue, as `muybridge cnn list` shows them
 * @throws MuybridgeError ERR_USAGE for an unknown name; ERR_WEIGHTS_UNAVAILABLE saying of every address why it
 * failed and how to do without; ERR_CACHE_FULL where there is no space.
 */
export async function pullCnn(name: string, options: PullCnnOptions = {}): Promise<PulledCnn> {
  return await pullEntry(catalogueEntry(name), options);
}

/** {@link pullCnn} of an entry. */
export async function pullEntry(
  entry: CatalogueEntry,
  options: PullCnnOptions = {},
): Promise<PulledCnn> {
  const { name, verified, source } = entry;
  const path = source.locate();
  const { sha256, downloaded } = source.download
    ? await getFile(entry, source.download, options)
    : // Weights that are installed; or a source that fetches what is missing by itself.
      { downloaded: !(await isFile(path)), sha256: await source.digest() };
  if (!verified) options.onWarning?.(whatIsNotChecked(entry, sha256));
  return { name, path, sha256, verified, downloaded };
}

async function getFile(
  entry: CatalogueEntry,
  download: CnnDownload,
  options: PullCnnOptions,
): Promise<Pick<PulledCnn, "sha256" | "downloaded">> {
  const there = await alreadyThere(entry, download, options);
  if (there !== undefined) return { sha256: there, downloaded: false };
  return { sha256: await pull(entry, download, options), downloaded: true };
}

/** Digest of the file where it is there and right, also where somebody has put it there by hand. */
async function alreadyThere(
  { name, format }: CatalogueEntry,
  download: CnnDownload,
  { onWarning }: PullCnnOptions,
): Promise<string | undefined> {
  const path = weightsPath(name, download);
  try {
    const { bytes, sha256, known } = await findWeights(name, download);
    const fault = faultOf(format, bytes);
    if (fault !== undefined) {
      onWarning?.(`${path} is replaced: ${fault}`);
      return undefined;
    }
    if (!known)
      await remember(path, { sha256, size: bytes.length, date: new Date().toISOString() });
    return sha256;
  } catch (error) {
    if (!(error instanceof MuybridgeError)) throw error;
    // With a cause, it is only not there yet.
    if (error.cause === undefined) onWarning?.(error.message);
    return undefined;
  }
}

async function pull(
  { name, format }: CatalogueEntry,
  download: CnnDownload,
  options: PullCnnOptions,
): Promise<string> {
  const path = weightsPath(name, download);
  const record = await readRecord(path);
  const { urls, size } = download;
  const expected = download.sha256 ?? record?.sha256;
  const wanted: DownloadOptions = {
    ...options,
    urls,
    maxSize: maxUnknownSize,
    fault: (head) => faultOf(format, head),
    ...(size === undefined ? {} : { size }),
    ...(expected === undefined ? {} : { sha256: expected }),
  };
  try {
    const came = await downloadFile(path, wanted);
    if (expected === undefined) {
      const { url, sha256, size } = came;
      await remember(path, { sha256, size, url, date: new Date().toISOString() });
    }
    return came.sha256;
  } catch (error) {
    throw explained(error, name, download, record === undefined ? undefined : recordPath(path));
  }
}

/** Says what is wrong with a file of weights by its first bytes: a page or a pointer in its place, mostly. */
function faultOf(format: CnnFormat, head: Uint8Array): string | undefined {
  const begin = Buffer.from(head.subarray(0, 8)).toString("latin1");
  const fits: Readonly<Record<CnnFormat, boolean>> = {
    tflite: begin.slice(4) === "TFL3",
    onnx: onnxBeginnings.has(head[0] ?? 0),
    tfjs: /^\s*\{/.test(begin),
  };
  if (fits[format]) return undefined;
  return `what came is not a file of the format ${format}: it begins with ${JSON.stringify(begin)}`;
}

/** First bytes of an ONNX file: the keys of the fields 1 to 8 of its ModelProto. */
const onnxBeginnings: ReadonlySet<number> = new Set([
  0x08, 0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42,
]);

function whatIsNotChecked({ name, source }: CatalogueEntry, digest: string): string {
  const { download } = source;
  if (download?.sha256 !== undefined) {
    return `${name}: the digest is the one that its publishers tell; its layer and its preprocessing have not been tried.`;
  }
  const came = `nobody has checked these weights, as no digest of them is known. What came has the SHA-256 ${digest}`;
  if (!download) return `${name}: ${came}.`;
  return `${name}: ${came}, which is remembered in ${recordPath(weightsPath(name, download))}.`;
}

/** A failed download's error, with how to do without. */
function explained(
  error: unknown,
  name: string,
  download: CnnDownload,
  record: string | undefined,
): unknown {
  if (!(error instanceof MuybridgeError) || error.code !== "ERR_WEIGHTS_UNAVAILABLE") return error;
  const first =
    record === undefined
      ? ""
      : `\nExpected is what came the first time. If another file is right, remove ${record} first.`;
  return new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `The weights of ${name} could not be pulled.\n${error.message}${first}\nBehind a proxy, set HTTPS_PROXY. ${byHand(name, download)}`,
    { path: weightsPath(name, download), cause: error },
  );
}
