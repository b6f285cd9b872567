import { type Dispatcher, request } from "undici";
import { MuybridgeError } from "../../core/errors.js";

/** What a server answered, after redirects. The body must be read or destroyed. */
export interface HttpAnswer {
  readonly status: number;
  /** The value of a header, whatever its case; the first one where there are several. */
  readonly header: (name: string) => string | undefined;
  readonly body: Dispatcher.ResponseData["body"];
}

/** Options of {@link httpGet}. */
export interface GetOptions {
  readonly dispatcher: Dispatcher;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** GitHub's large files take two. */
const maxRedirects = 5;

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Asks for a file by HTTP or HTTPS and follows redirects.
 *
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where a redirect leads elsewhere than to HTTP(S), out of HTTPS,
 * or on and on; undici's errors where the connection fails.
 */
export async function httpGet(
  url: string,
  { dispatcher, headers, signal }: GetOptions,
): Promise<HttpAnswer> {
  let address = redirectTarget(undefined, url);
  for (let step = 0; step <= maxRedirects; step++) {
    const answer = await request(address, {
      dispatcher,
      // A compressed body has other lengths and ranges than the file.
      headers: { "user-agent": "muybridge", "accept-encoding": "identity", ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
    const header = (name: string): string | undefined => [answer.headers[name] ?? []].flat()[0];
    const location = header("location");
    if (!redirects.has(answer.statusCode) || location === undefined) {
      return { status: answer.statusCode, header, body: answer.body };
    }
    await answer.body.dump();
    address = redirectTarget(address, location);
  }
  throw new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `it redirects more than ${maxRedirects} times`,
  );
}

/**
 * The address that a redirect leads to.
 *
 * @param from the address that redirects; undefined for the first one
 * @throws MuybridgeError ERR_WEIGHTS_UNAVAILABLE where it is not HTTP or HTTPS, or leads out of HTTPS.
 */
export function redirectTarget(from: URL | undefined, location: string): URL {
  const target = URL.canParse(location, from?.href) ? new URL(location, from?.href) : undefined;
  const secure = target?.protocol === "https:";
  if (target && (secure || (target.protocol === "http:" && from?.protocol !== "https:"))) {
    return target;
  }
  throw new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    from
      ? `it redirects to ${location}, which is not followed`
      : `${location} is not a web address`,
  );
}

/**
 * Reads a Content-Range header.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14.4
 * @returns where the part begins (absent in an answer 416) and the size of the whole file, in bytes
 */
export function contentRange(header: string | undefined): { start?: number; total?: number } {
  const [, start, total] =
    /^bytes (?:(\d{1,15})-\d{1,15}|\*)\/(\d{1,15}|\*)$/.exec(header ?? "") ?? [];
  return {
    ...(start === undefined ? {} : { start: Number(start) }),
    ...(total === undefined || total === "*" ? {} : { total: Number(total) }),
  };
}
