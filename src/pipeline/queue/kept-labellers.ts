import type { Labeller } from "../label.js";

/** Labellers of several models and settings, of which the ones used last are kept. Whoever opens it closes it. */
export interface KeptLabellers extends AsyncDisposable {
  /** Works with the labeller of a key, which is opened where it is not there. It stays open while work goes on. */
  use<T>(
    key: string,
    open: () => Promise<Labeller>,
    work: (it: Labeller) => Promise<T>,
  ): Promise<T>;
}

interface Kept {
  readonly labeller: Promise<Labeller>;
  users: number;
}

/** Opens such a keep. @param most labellers that stay open without work */
export function openKeptLabellers(most = 4): KeptLabellers {
  /** The one used last stands last. */
  const kept = new Map<string, Kept>();
  const close = async (key: string, { labeller }: Kept): Promise<void> => {
    kept.delete(key);
    await labeller.then(
      (it) => it[Symbol.asyncDispose](),
      () => {},
    );
  };
  const closeOldest = async (): Promise<void> => {
    const idle = [...kept].filter(([, { users }]) => users === 0);
    for (const [key, one] of idle.slice(0, Math.max(0, kept.size - most))) await close(key, one);
  };
  return {
    async use(key, open, work) {
      const one = kept.get(key) ?? { labeller: open(), users: 0 };
      kept.delete(key);
      kept.set(key, one);
      one.users += 1;
      try {
        const labeller = await one.labeller.catch((error: unknown) => {
          // The next job may find what this one lacked.
          if (kept.get(key) === one) kept.delete(key);
          throw error;
        });
        return await work(labeller);
      } finally {
        one.users -= 1;
        await closeOldest();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const [key, one] of [...kept]) await close(key, one);
    },
  };
}
