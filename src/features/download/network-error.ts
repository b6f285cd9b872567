import { messageOf } from "../../core/errors.js";

/** What a failed request says about trying again. */
export interface NetworkFailure {
  readonly reason: string;
  /** False where trying again at once would only fail in the same way. */
  readonly passing: boolean;
}

/** Plain words for the codes of undici, the system and TLS. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing answers there",
  ECONNRESET: "the connection was cut",
  ENOTFOUND: "the host is not known; without a way to the internet that is always so",
  EAI_AGAIN: "the host is not known just now; without a way to the internet that is always so",
  UND_ERR_SOCKET: "the connection was cut",
  UND_ERR_BODY_TIMEOUT: "nothing more came for too long",
  UND_ERR_HEADERS_TIMEOUT: "no answer came for too long",
  UND_ERR_CONNECT_TIMEOUT: "the connection took too long",
};

const lasting = /^(ECONNREFUSED|ENOTFOUND|UND_ERR_ABORTED|UND_ERR_INVALID_ARG|ERR_TLS_.*|CERT_.*)$/;

/** Calls on sockets and names. A file's errors are of others, or of a write that fails otherwise. */
const networkCalls = /^(connect|getaddrinfo|read|shutdown)$/;

/**
 * What a failed request says; undefined for an error that is not one of the network.
 *
 * The caller's own signal must have been looked at before: undici has one code for it and for a proxy that refuses.
 */
export function networkFailure(error: unknown): NetworkFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (typeof code !== "string") return undefined;
  const isSocket =
    syscall === undefined || networkCalls.test(syscall) || /^(EPIPE|ECONN)/.test(code);
  if (!isSocket) return undefined;
  return { reason: reasons[code] ?? messageOf(error), passing: !lasting.test(code) };
}
