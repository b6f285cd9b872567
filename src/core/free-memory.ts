import { MessageChannel, type MessagePort } from "node:worker_threads";

/** From Node 22 on. */
type Transferable = ArrayBuffer & {
  readonly transfer?: (newLength: number) => ArrayBuffer;
  readonly detached?: boolean;
};

let closed: MessagePort | undefined;

/**
 * Gives back the memory of arrays that will not be used again; they are empty afterwards, and so is every other view of
 * the same buffers. Left to the garbage collector, megabytes at every step of a loop make it run at nearly every step:
 * a seventh of the time of a training.
 */
export function freeMemory(...arrays: readonly { readonly buffer: ArrayBufferLike }[]): void {
  for (const { buffer } of arrays) {
    if (!(buffer instanceof ArrayBuffer)) continue;
    const transferable: Transferable = buffer;
    // What is freed already cannot be transferred.
    if (transferable.detached) continue;
    if (transferable.transfer) transferable.transfer(0);
    else closedPort().postMessage(null, [buffer]);
  }
}

/** What is sent to a port that nobody listens to is dropped, and with it the memory that was sent along. */
function closedPort(): MessagePort {
  if (closed) return closed;
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.unref();
  closed = port1;
  return port1;
}
