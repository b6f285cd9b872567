import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { MuybridgeError } from "../../core/errors.js";
import { mostListeners, mostUnread } from "./limits.js";
import type { StudioEvent } from "./messages.js";

/** Tells all open pages what happens, as server-sent events. */
export interface EventStream {
  readonly tell: (event: StudioEvent) => void;
  /** Makes a reply one more stream. @throws MuybridgeError ERR_USAGE where there are too many. */
  readonly join: (reply: FastifyReply) => void;
  readonly close: () => void;
}

/** Milliseconds between two comments that keep a quiet connection, and show that a page is gone. */
const heartbeat = 15_000;

/** Opens the stream, to nobody yet. */
export function openEventStream(): EventStream {
  const listeners = new Set<ServerResponse>();
  const send = (text: string): void => {
    for (const listener of listeners) {
      listener.write(text);
      // A page that does not read must not fill the memory; it connects again, and asks for all there is.
      if (listener.writableLength > mostUnread) listener.destroy();
    }
  };
  const timer = setInterval(() => send(": still here\n\n"), heartbeat);
  timer.unref();
  return {
    tell: (event) => send(`data: ${JSON.stringify(event)}\n\n`),
    join(reply) {
      if (listeners.size >= mostListeners) {
        throw new MuybridgeError("ERR_USAGE", `${mostListeners} pages are open; close some.`);
      }
      reply.hijack();
      const { raw } = reply;
      const headers = Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      raw.writeHead(200, {
        ...Object.fromEntries(headers),
        "content-type": "text/event-stream; charset=utf-8",
      });
      raw.write("retry: 1000\n\n");
      listeners.add(raw);
      raw.on("close", () => listeners.delete(raw));
    },
    close() {
      clearInterval(timer);
      for (const listener of listeners) listener.end();
      listeners.clear();
    },
  };
}
