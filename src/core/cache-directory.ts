import { resolve } from "node:path";
import envPaths from "env-paths";

/** Where Muybridge keeps what it can compute again: MUYBRIDGE_CACHE_DIR, else the platform's cache directory + /muybridge. */
export function defaultCacheDirectory(): string {
  const chosen = process.env.MUYBRIDGE_CACHE_DIR;
  return chosen ? resolve(chosen) : envPaths("muybridge", { suffix: "" }).cache;
}
