import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import type { FastifyRequest } from "fastify";

/** Who may speak to the server. */
export interface Access {
  /** 256 random bits, base64url; a part of the printed URL. */
  readonly token: string;
  /** The header that gives a browser its cookie. */
  readonly cookie: () => string;
  readonly isToken: (given: string) => boolean;
  /** Why a request is refused whatever it asks for, or undefined. */
  readonly refusal: (request: FastifyRequest) => string | undefined;
  /** Whether it bears the token: in a cookie, or as `Authorization: Bearer`. */
  readonly isKnown: (request: FastifyRequest) => boolean;
}

/** Names by which this machine calls itself. */
const ownNames: ReadonlySet<string> = new Set(["localhost", hostname().toLowerCase()]);

/** Addresses that stand for all of a machine's. */
export const anyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Makes the token of a server, and the rules of who is let in. The name in the Host header must be this machine's, since
 * another name may be led to this address by whoever owns it (DNS rebinding); an Origin must be the server's own.
 *
 * @param host what the server was told to listen on
 * @param port the port it listens on, once it does
 */
export function openAccess(host: string, port: () => number): Access {
  const token = randomBytes(32).toString("base64url");
  const expected = digest(token);
  const isToken = (given: string): boolean => timingSafeEqual(digest(given), expected);
  // Cookies are shared by all ports of a host.
  const cookieName = (): string => `muybridge-${port()}`;
  const isOwnHost = (text: string): boolean => {
    const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d+))?$/i.exec(text);
    if (!match || Number(match[2] ?? 80) !== port()) return false;
    const name = match[1]!.replace(/^\[|\]$/g, "").toLowerCase();
    if (name === "localhost" || name === "127.0.0.1" || name === "::1") return true;
    if (name === host.toLowerCase()) return true;
    // An address is no name that could be led here.
    return anyAddress.has(host) && (isIP(name) !== 0 || ownNames.has(name));
  };
  return {
    token,
    cookie: () => `${cookieName()}=${token}; Path=/; HttpOnly; SameSite=Strict`,
    isToken,
    refusal({ headers, method, routeOptions }) {
      if (!isOwnHost(headers.host ?? "")) {
        return "The Host header names another machine; open the address that was printed.";
      }
      const { origin } = headers;
      if (origin !== undefined && origin !== `http://${headers.host}`) {
        return "Another page sent this request.";
      }
      const site = headers["sec-fetch-site"];
      const isForeign = site !== undefined && site !== "same-origin" && site !== "none";
      if (isForeign && routeOptions.url?.startsWith("/api/"))
        return "Another page sent this request.";
      // Browsers send it with everything that changes something; other programs have to bear the token themselves.
      const changes = method !== "GET" && method !== "HEAD";
      if (changes && origin === undefined && headers.authorization === undefined) {
        return "A request that changes something needs an Origin, or the token in its Authorization header.";
      }
      return undefined;
    },
    isKnown({ headers }) {
      const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? "")?.[1];
      if (bearer !== undefined) return isToken(bearer);
      const name = cookieName();
      const cookies = (headers.cookie ?? "").split(/;\s*/).map((pair) => pair.split("=", 2));
      return cookies.some(([key, value = ""]) => key === name && isToken(value));
    },
  };
}

/** Digests have one length, so that what is compared tells nothing of it. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
