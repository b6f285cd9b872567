/** Where a network's file is. */
export interface CnnSource {
  /** Its path; undefined for weights that lie inside an npm package. */
  readonly path?: string;
  /** Path of the file that holds it, whether or not it is there yet. */
  readonly locate: () => string;
  /** Reads it. */
  readonly read: () => Promise<Uint8Array>;
  /** SHA-256 of the file its weights are read from. */
  readonly digest: () => Promise<string>;
  /** Where it can be had; undefined for weights that are installed with the package. */
  readonly download?: CnnDownload;
}

/** A file that is downloaded before it can be used. */
export interface CnnDownload {
  /** What it is called on disk. */
  readonly file: string;
  /** Its addresses, best first. */
  readonly urls: readonly string[];
  /** Size in bytes; undefined where nobody has told it. */
  readonly size?: number;
  /** SHA-256 in hexadecimal; undefined where nobody has told it. What comes first is then remembered. */
  readonly sha256?: string;
}
