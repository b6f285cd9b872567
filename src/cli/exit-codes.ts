/** What the program's exit code says. */
export const exitCodes = {
  /** All done. */
  done: 0,
  /** The command failed. */
  failed: 1,
  /** Wrong usage. */
  usage: 2,
  /** The batch finished, but some videos failed; each has its line. */
  someFailed: 3,
  /** Interrupted; what was done is kept. */
  interrupted: 130,
} as const;
