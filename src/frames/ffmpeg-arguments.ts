import { resolve } from "node:path";
import { allowedContainers } from "./video-input.js";

/**
 * Options before an input that keep FFmpeg's programs to this one file: no protocol but local files, no
 * container that names others. (The option of the mov reader that would follow references is off by default.)
 */
export const inputGuards: readonly string[] = [
  ...["-protocol_whitelist", "file"],
  ...["-format_whitelist", allowedContainers.join(",")],
];

/** A path as FFmpeg's programs take it, whatever is in it: not for an option, not for a pattern, not for a protocol. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`;
}
