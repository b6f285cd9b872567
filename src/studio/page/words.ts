/** A fraction as a percentage. */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)}\u00a0%`;
}

/** Seconds as minutes:seconds. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds / 60);
  return `${whole}:${(seconds - 60 * whole).toFixed(2).padStart(5, "0")}`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

/** Anything that was thrown, in words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
