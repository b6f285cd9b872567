import cacache from "cacache";

/**
 * A content-addressed store on disk (cacache): writes are atomic, several processes may use it at once,
 * and what is read is checked against its digest.
 */
export interface ContentStore {
  /** The directory it lives in. */
  readonly directory: string;
  /** The entry of a key, or undefined where there is none or it is damaged. A damaged one is removed and told through `onDamage`. */
  get(key: string): Promise<{ readonly data: Buffer; readonly metadata: unknown } | undefined>;
  /** An entry's metadata alone, without reading its data. */
  metadata(key: string): Promise<unknown>;
  /** Writes an entry, replacing one of the same key. */
  put(key: string, data: Uint8Array | string, metadata?: unknown): Promise<void>;
  /** Writes an entry that is nothing but its metadata: a tenth of the work of {@link put}. */
  note(key: string, metadata: unknown): Promise<void>;
  /** Every entry's key, size (bytes), time of writing (ms since 1970) and metadata. */
  list(): AsyncIterable<StoredEntry>;
  /** Removes every entry. */
  clear(): Promise<void>;
}

/** An entry as {@link ContentStore.list} tells it. */
export interface StoredEntry {
  readonly key: string;
  readonly size: number;
  readonly time: number;
  readonly metadata: unknown;
}

/** Opens a store in a directory, which need not exist. */
export function openContentStore(
  directory: string,
  onDamage: (key: string, error: Error) => void = () => {},
): ContentStore {
  /** Integrity of no bytes, once they are in the store: an entry without content would count as damaged. */
  let nothing: Promise<string> | undefined;
  return {
    directory,
    async get(key) {
      try {
        const { data, metadata } = await cacache.get(directory, key);
        return { data, metadata };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code;
        if (code === "ENOENT" || code === "ENOTCACHED") return undefined;
        if (code === "EINTEGRITY" || code === "EBADSIZE") {
          onDamage(key, error as Error);
          const entry = await cacache.get.info(directory, key);
          await cacache.rm.entry(directory, key);
          // Without this the damaged bytes would stay: a later write of the same content finds them in place.
          if (entry) await cacache.rm.content(directory, entry.integrity);
          return undefined;
        }
        throw error;
      }
    },
    async metadata(key) {
      const entry = await cacache.get.info(directory, key);
      return (entry as { metadata?: unknown } | null)?.metadata;
    },
    async put(key, data, metadata) {
      await cacache.put(
        directory,
        key,
        data instanceof Uint8Array
          ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
          : data,
        {
          metadata,
        },
      );
    },
    async note(key, metadata) {
      nothing ??= cacache.put(directory, key, "");
      await cacache.index.insert(directory, key, await nothing, { metadata, size: 0 });
    },
    async *list() {
      for await (const entry of cacache.ls.stream(directory)) {
        const { key, size, time, metadata } = entry as unknown as StoredEntry;
        yield { key, size, time, metadata };
      }
    },
    async clear() {
      await cacache.rm.all(directory);
    },
  };
}
