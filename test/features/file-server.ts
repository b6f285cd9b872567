import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** Answers one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on this machine, and what it was asked. */
export interface FileServer {
  readonly url: string;
  readonly port: number;
  readonly requests: IncomingMessage[];
}

/** Serves one answer a request, the last one again and again, until the test has ended. */
export function serve(...answers: Answer[]): Promise<FileServer> {
  return listen(createServer, answers);
}

/** {@link serve} by HTTPS. */
export function serveSecurely(
  certificate: { readonly key: string; readonly cert: string },
  ...answers: Answer[]
): Promise<FileServer> {
  return listen((answer) => createSecureServer(certificate, answer), answers);
}

async function listen(
  create: (answer: Answer) => ReturnType<typeof createServer | typeof createSecureServer>,
  answers: readonly Answer[],
): Promise<FileServer> {
  const requests: IncomingMessage[] = [];
  const server = create((request, response) => {
    requests.push(request);
    answers[Math.min(requests.length, answers.length) - 1]!(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/file`, port, requests };
}

/** A strong ETag of some bytes. */
export function etagOf(bytes: Uint8Array): string {
  return `"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
}

/** Serves a file as servers should: with its length and ETag, and in parts. */
export function whole(bytes: Uint8Array): Answer {
  return (request, response) => {
    const etag = etagOf(bytes);
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const condition = request.headers["if-range"];
    if (start > 0 && start >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    } else if (start > 0 && (condition === undefined || condition === etag)) {
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      const length = bytes.length - start;
      response
        .writeHead(206, { etag, "content-range": range, "content-length": length })
        .end(bytes.subarray(start));
    } else {
      response.writeHead(200, { etag, "content-length": bytes.length }).end(bytes);
    }
  };
}

/** Sends some bytes, which all arrive, and then closes the connection. */
export function writeAndCut(response: ServerResponse, bytes: Uint8Array): void {
  response.write(bytes, () => response.socket?.end());
}

/** Serves the beginning of a file, and then cuts the connection. */
export function cutAt(bytes: Uint8Array, length: number): Answer {
  return (_, response) => {
    response.writeHead(200, { etag: etagOf(bytes), "content-length": bytes.length });
    writeAndCut(response, bytes.subarray(0, length));
  };
}

/** Serves the beginning of a file, and then nothing more. */
export function stallAt(bytes: Uint8Array, length: number): Answer {
  return (_, response) => {
    response.writeHead(200, { etag: etagOf(bytes), "content-length": bytes.length });
    response.write(bytes.subarray(0, length));
  };
}

/** Answers with a status, headers and a text. */
export function say(status: number, headers: Record<string, string> = {}, text = ""): Answer {
  return (_, response) => void response.writeHead(status, headers).end(text);
}
