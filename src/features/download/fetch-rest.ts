import type { Dispatcher } from "undici";
import { MuybridgeError } from "../../core/errors.js";
import type { LongCallOptions } from "../../core/progress.js";
import { contentRange, type HttpAnswer, httpGet } from "./http-get.js";
import type { Origin, PartialFile } from "./partial-file.js";

/** Why a try did not get the file. */
export interface Setback {
  readonly reason: string;
  /** True where trying the same address again would only fail in the same way. */
  readonly lasting?: boolean;
  /** Seconds that the server asks to wait. */
  readonly wait?: number;
}

/** What {@link fetchRest} works on. */
export interface FetchOptions {
  readonly part: PartialFile;
  readonly dispatcher: Dispatcher;
  readonly options: LongCallOptions & {
    readonly size?: number;
    readonly sha256?: string;
    readonly maxSize: number;
  };
}

/** Answers that may be better a little later. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Milliseconds between two events of progress. */
const progressInterval = 100;

/**
 * Asks for what a part still lacks, and appends it.
 *
 * @returns undefined when the part is as long as the file; else what went wrong
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where this address will not do; undici's errors where the
 * connection fails.
 */
export async function fetchRest(url: string, work: FetchOptions): Promise<Setback | undefined> {
  const { part, dispatcher, options } = work;
  const { size, signal } = options;
  // What cannot be gone on with stays until something better comes: this address may be worth nothing.
  const from = canGoOn(url, work) ? part.length() : 0;
  if (size !== undefined && from === size) return undefined;
  const validator = part.origin()?.validator;
  const answer = await httpGet(url, {
    dispatcher,
    headers: {
      ...(from > 0 ? { range: `bytes=${from}-` } : {}),
      ...(from > 0 && validator !== undefined ? { "if-range": validator } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  // A body that is destroyed before its end tells so; here that is no news.
  answer.body.on("error", () => {});
  try {
    return await receive(url, answer, from, work);
  } finally {
    answer.body.destroy();
  }
}

/** Whether the part is of this address and nothing but the right rest can come to it. */
function canGoOn(url: string, { part, options }: FetchOptions): boolean {
  const origin = part.origin();
  const fits = part.length() <= (options.size ?? options.maxSize);
  // Without a mark of the content, only the digest of the whole would tell if the file has changed meanwhile.
  const isSafe = origin?.validator !== undefined || options.sha256 !== undefined;
  return origin?.url === url && fits && isSafe;
}

async function receive(
  url: string,
  answer: HttpAnswer,
  from: number,
  work: FetchOptions,
): Promise<Setback | undefined> {
  const { part } = work;
  const { status, header } = answer;
  if (status === 416 && from > 0) {
    if (contentRange(header("content-range")).total === from) return undefined;
    await part.restart();
    return { reason: "the file there is another one than before" };
  }
  if (passingStatuses.has(status)) {
    const wait = Number(header("retry-after"));
    return { reason: `HTTP ${status}`, ...(wait > 0 ? { wait } : {}) };
  }
  if (status !== 200 && !(status === 206 && from > 0)) throw unsuitable(`HTTP ${status}`);
  const type = header("content-type") ?? "";
  if (/^text\/html\b/i.test(type)) throw unsuitable("a web page came instead of the file");
  const coding = header("content-encoding") ?? "identity";
  if (coding !== "identity") throw unsuitable(`it came as ${coding}, which was not asked for`);

  const origin = originOf(url, answer);
  if (
    status === 206 &&
    !belongsTo(part.origin(), origin, contentRange(header("content-range")).start === from)
  ) {
    await part.restart();
    return { reason: "the file there is another one than before" };
  }
  checkSize(origin.total, work);
  // The server does not know ranges, or its file is a new one: all of it comes.
  if (status === 200) await part.restart(origin);
  return await appendAll(answer, origin.total, work);
}

/** What the answer says of the whole file. */
function originOf(url: string, { status, header }: HttpAnswer): Origin {
  const etag = header("etag");
  const modified = header("last-modified");
  const length = header("content-length");
  const total =
    status === 206
      ? contentRange(header("content-range")).total
      : length !== undefined && /^\d{1,15}$/.test(length)
        ? Number(length)
        : undefined;
  // A weak ETag does not promise the same bytes; If-Range may not carry one.
  const validator = etag !== undefined && !etag.startsWith("W/") ? etag : modified;
  return {
    url,
    ...(validator === undefined ? {} : { validator }),
    ...(etag === undefined ? {} : { etag }),
    ...(total === undefined ? {} : { total }),
  };
}

function belongsTo(before: Origin | undefined, now: Origin, fromTheRightByte: boolean): boolean {
  const same = (a: unknown, b: unknown): boolean => a === undefined || b === undefined || a === b;
  return fromTheRightByte && same(before?.etag, now.etag) && same(before?.total, now.total);
}

function checkSize(total: number | undefined, { options }: FetchOptions): void {
  const { size, maxSize } = options;
  if (total === undefined) return;
  if (size !== undefined && total !== size) {
    throw unsuitable(`the file there has ${total} bytes, expected are ${size}`);
  }
  if (total > maxSize) throw unsuitable(`it has ${total} bytes, more than the ${maxSize} allowed`);
}

async function appendAll(
  { body }: HttpAnswer,
  total: number | undefined,
  { part, options }: FetchOptions,
): Promise<Setback | undefined> {
  const { maxSize, onProgress } = options;
  const size = options.size ?? total;
  const limit = size ?? maxSize;
  const tell = (): void =>
    onProgress?.({
      stage: "pull",
      done: Math.round(part.length() / 1000),
      unit: "kB",
      ...(size === undefined ? {} : { total: Math.round(size / 1000) }),
    });
  let told = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (part.length() + chunk.length > limit) {
      await part.restart();
      throw unsuitable(`more than the expected ${limit} bytes came`);
    }
    await part.append(chunk);
    if (performance.now() - told < progressInterval) continue;
    told = performance.now();
    tell();
  }
  tell();
  if (size === undefined || part.length() === size) return undefined;
  return { reason: `only ${part.length()} of ${size} bytes came` };
}

function unsuitable(why: string): MuybridgeError {
  return new MuybridgeError("ERR_WEIGHTS_UNAVAILABLE", why);
}
