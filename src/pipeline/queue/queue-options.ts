/** Name of the queue where none is given. */
export const defaultQueueName = "muybridge";

/** What both ends of a queue are told. */
export interface QueueOptions {
  /** Address of the server: redis://, or rediss:// for TLS. */
  readonly redis: string;
  /** Several queues may stand in one server. Default {@link defaultQueueName}. */
  readonly queue?: string;
  /** Told when the server goes away, and when it is back. */
  readonly onWarning?: (message: string) => void;
}
