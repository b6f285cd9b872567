/** A parser of files that may come from anywhere. */
export interface ParserTarget {
  readonly name: string;
  /** Ends of the paths of the modules that are its own, below dist/. */
  readonly modules: readonly string[];
  /** Files that it reads, small ones of all kinds. */
  readonly seeds: readonly Uint8Array[];
  /** Texts that mean something to it. */
  readonly words: readonly string[];
  /** Codes of the errors that it may refuse a file with. */
  readonly codes: readonly string[];
  /** Makes what is said of lengths at the beginning of a file right again, where only that is in the way. */
  readonly mend?: (file: Uint8Array) => Uint8Array;
  /** Reads a file, and all that follows from it without an engine. */
  readonly parse: (file: Uint8Array) => unknown;
}

/** All parsers, as they are built. Those that read from disk use the directory, which must be there. */
export function parserTargets(directory: string): Promise<ParserTarget[]>;

/** Whether what was thrown is an error that a user can do something about, with one of the target's codes. */
export function isRefusal(thrown: unknown, target: ParserTarget): boolean;
