/** Where a network's file is. */
export interface CnnSource {
  /** Its path; undefined for weights that lie inside an npm package. */
  readonly path?: string;
  /** Path of the file that holds it, whether or not it is there yet. */
  readonly locate?: () => string;
  /** Reads it. */
  readonly read: () => Promise<Uint8Array>;
  /** SHA-256 of the file its weights are read from. */
  readonly digest: () => Promise<string>;
}
