import type { Redis } from "ioredis";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { defaultQueueName, type QueueOptions } from "./queue-options.js";

/** Milliseconds to wait for the first answer of a server. */
const connectTimeout = 5000;

/** Milliseconds between two attempts to reach a server that has gone away, at most. */
const longestPause = 2000;

/** A server's connection and BullMQ. Whoever opens it closes it. */
export interface RedisQueue extends AsyncDisposable {
  readonly name: string;
  readonly connection: Redis;
  readonly bullmq: typeof import("bullmq");
  /** Whether an error is of the connection, which is made anew by itself. */
  isPassing(error: unknown): boolean;
}

/**
 * Connects. Once the server has answered, a later outage is waited for, however long it takes.
 *
 * @throws MuybridgeError ERR_USAGE where BullMQ is not installed, or no server answers.
 */
export async function openRedisQueue(options: QueueOptions): Promise<RedisQueue> {
  const { queue: name = defaultQueueName, onWarning = () => {} } = options;
  if (!/^[\w.-]{1,100}$/.test(name)) {
    throw refusal("queue", `${name} is no name of a queue: letters, digits, ".", "_" and "-".`);
  }
  const address = parseAddress(options.redis);
  const { bullmq, Redis } = await load();
  let answered = false;
  const connection = new Redis(address.href, {
    maxRetriesPerRequest: null,
    connectTimeout,
    lazyConnect: true,
    retryStrategy: (times) => (answered ? Math.min(100 * 2 ** times, longestPause) : null),
  });
  let last: unknown;
  let away = false;
  connection.on("error", (error) => {
    last = error;
    if (!answered || away) return;
    away = true;
    onWarning(`Redis at ${address.host} went away (${reasonOf(error)}); waiting for it.`);
  });
  connection.on("ready", () => {
    if (away) onWarning(`Redis at ${address.host} is back.`);
    away = false;
  });
  try {
    await connection.connect();
    await connection.ping();
  } catch (error) {
    connection.disconnect();
    throw refusal(
      "redis",
      `Redis at ${address.host} cannot be used: ${reasonOf(last ?? error)}. Start one (redis-server), or name another by --redis.`,
      error,
    );
  }
  answered = true;
  return {
    name,
    connection,
    bullmq,
    isPassing: (error) =>
      /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|Connection is closed|LOADING|READONLY/.test(
        reasonOf(error),
      ),
    async [Symbol.asyncDispose]() {
      connection.disconnect();
    },
  };
}

function parseAddress(text: string): URL {
  const address = URL.canParse(text) ? new URL(text) : undefined;
  if (address && ["redis:", "rediss:"].includes(address.protocol) && address.host !== "") {
    return address;
  }
  // Not repeated: it may hold a password.
  throw refusal("redis", "--redis takes an address as redis://127.0.0.1:6379 or rediss://host.");
}

/** Both are optional: only these two commands need them. */
async function load(): Promise<{
  bullmq: typeof import("bullmq");
  Redis: typeof import("ioredis").Redis;
}> {
  try {
    const [bullmq, { Redis }] = await Promise.all([import("bullmq"), import("ioredis")]);
    return { bullmq, Redis };
  } catch (error) {
    throw refusal(
      "redis",
      `The queue needs two more packages: npm install bullmq ioredis (${messageOf(error)})`,
      error,
    );
  }
}

/** Node's AggregateError, of a name with several addresses, has no message. */
function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  const message = messageOf(error);
  return message !== "" ? message : (code ?? String(error));
}

function refusal(parameter: string, message: string, cause?: unknown): MuybridgeError {
  return new MuybridgeError("ERR_USAGE", message, {
    parameter,
    ...(cause === undefined ? {} : { cause }),
  });
}
