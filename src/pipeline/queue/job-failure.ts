import { type ErrorCode, MuybridgeError, messageOf } from "../../core/errors.js";

/** Stands for the video in the message of a failure: each submitter knows it by a name of its own. */
export const videoName = "<video>";

/** What may pass: another try, or another machine, may have better luck. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "ERR_DECODER_CRASHED",
  "ERR_TIMEOUT",
  "ERR_CACHE_FULL",
  "ERR_WEIGHTS_UNAVAILABLE",
  // Of a disk that is not mounted yet, or a server that is down.
  "ERR_FILE_NOT_FOUND",
]);

/** What is wrong with the content, so that no later submission need try again. */
const lasting: ReadonlySet<string> = new Set([
  "ERR_NOT_A_VIDEO",
  "ERR_NO_VIDEO_STREAM",
  "ERR_NO_FRAMES",
  "ERR_TRUNCATED_VIDEO",
]);

/** What hangs on where the video is, not on what is in it. */
const local: ReadonlySet<string> = new Set(["ERR_FILE_NOT_FOUND", "ERR_USAGE"]);

/** Longest message that is kept in Redis, in characters. */
const longestMessage = 2000;

const known = /^(ERR_[A-Z_]{1,40}): ([\s\S]*)$/;

/** Why a video was not labelled, in Redis and out of it. */
export interface JobFailure {
  readonly code: ErrorCode;
  /** With {@link videoName} for the video. */
  readonly message: string;
  /** Whether another try of the same job may help. */
  readonly passing: boolean;
}

/** What a worker tells of an error. @param names what the video may be called in the error's message */
export function failureOf(error: unknown, names: readonly string[]): JobFailure {
  const code = error instanceof MuybridgeError ? error.code : "ERR_DECODER_CRASHED";
  // The longest first: one may be a part of another.
  const said = [...names]
    .sort((a, b) => b.length - a.length)
    .reduce((text, name) => text.replaceAll(name, videoName), messageOf(error));
  const message = said.length > longestMessage ? `${said.slice(0, longestMessage)}…` : said;
  return { code, message, passing: passing.has(code) };
}

/** The text that stands in Redis: the code, then the message. */
export function failureText({ code, message }: JobFailure): string {
  return `${code}: ${message}`;
}

/** The error that a submitter tells of such a text. @param path what it calls the video */
export function readFailure(text: string, path: string): MuybridgeError {
  const [, code, message] = known.exec(text) ?? [];
  if (code === undefined || message === undefined) {
    // BullMQ's own words, of a job whose workers died one after the other.
    const said = `The workers that had ${path} all ended before it was done (${text.slice(0, longestMessage)}).`;
    return new MuybridgeError("ERR_DECODER_CRASHED", said, { path });
  }
  return new MuybridgeError(code as ErrorCode, message.replaceAll(videoName, path), { path });
}

/** Whether a failure of an earlier submission still holds. */
export function isLasting(text: string): boolean {
  return lasting.has(known.exec(text)?.[1] ?? "");
}

/** Whether the same content at another place may fare better. */
export function isLocal({ code }: MuybridgeError): boolean {
  return local.has(code);
}
