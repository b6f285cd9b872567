import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { MuybridgeError } from "../../core/errors.js";
import { unreadableFile } from "../../core/unreadable-file.js";

/** What a worker may read for a job. With neither, every path; with either, nothing but that. */
export interface AllowedPlaces {
  /** Directory that paths must stay under once symbolic links are resolved; relative ones begin there. */
  readonly root?: string;
  /** Beginnings of addresses: scheme, host and a directory. */
  readonly urls?: readonly string[];
}

/**
 * The real path of what a job names.
 *
 * @throws MuybridgeError ERR_USAGE where it may not be read; ERR_FILE_NOT_FOUND.
 */
export async function allowedPath(
  path: string,
  { root, urls = [] }: AllowedPlaces,
): Promise<string> {
  if (root === undefined && urls.length > 0) {
    throw refusal(
      path,
      `${path} is a path, and this worker takes addresses alone: give it --root.`,
    );
  }
  if (root === undefined && !isAbsolute(path)) {
    throw refusal(
      path,
      `${path} is relative, and this worker has no --root that it could begin at.`,
    );
  }
  if (path.includes("\0")) throw refusal(path, "A path with a zero byte names nothing.");
  const from = await realOf(root ?? sep, root ?? sep);
  const real = await realOf(resolve(from, path), path);
  const under = relative(from, real);
  if (root !== undefined && (under === ".." || under.startsWith(`..${sep}`) || isAbsolute(under))) {
    throw refusal(path, `${path} is not under the worker's --root.`);
  }
  return real;
}

/**
 * An address, if it begins with one that is allowed.
 *
 * @throws MuybridgeError ERR_USAGE
 */
export function allowedUrl(text: string, { urls = [] }: AllowedPlaces): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // A server may take an encoded slash for one, and so leave the directory.
  const isPlain =
    url && url.username === "" && url.password === "" && !/%2f|%5c/i.test(url.pathname);
  if (url && isPlain && urls.some((prefix) => begins(url, new URL(prefix)))) return url;
  throw refusal(
    text,
    `${text} does not begin with an address that the worker takes (--allow-url).`,
  );
}

/** Checks a beginning of addresses. @throws MuybridgeError ERR_USAGE */
export function checkUrlPrefix(text: string, parameter: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPrefix =
    url && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "";
  if (!isPrefix || url.username !== "" || url.password !== "") {
    throw new MuybridgeError(
      "ERR_USAGE",
      `${text} is no beginning of addresses: it is as https://host/directory/, without a query or a password.`,
      { parameter },
    );
  }
  return url.href;
}

function begins(url: URL, prefix: URL): boolean {
  // /clips is not a beginning of /clips-of-others.
  const directory = prefix.pathname.endsWith("/") ? prefix.pathname : `${prefix.pathname}/`;
  return url.origin === prefix.origin && url.pathname.startsWith(directory);
}

async function realOf(path: string, name: string): Promise<string> {
  return realpath(path).catch((error: unknown) => {
    throw unreadableFile(name, error);
  });
}

function refusal(path: string, message: string): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, { path });
}
