import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Extensions by which a directory's videos are known, without the dot. */
export const videoExtensions: ReadonlySet<string> = new Set(
  "3g2 3gp asf avi dv flv gif ivf m2ts m4v mjpeg mjpg mkv mov mp4 mpeg mpg mts mxf nut ogm ogv rm rmvb ts vob webm wmv wtv y4m".split(
    " ",
  ),
);

/** Whether a file's name has a known video extension. */
export function isVideoFile(name: string): boolean {
  const dot = name.lastIndexOf(".");
  return dot > 0 && videoExtensions.has(name.slice(dot + 1).toLowerCase());
}

/**
 * The videos below a directory, as paths that begin with it, sorted by their bytes. Hidden files and
 * directories and symbolic links to directories are left out.
 *
 * @param allFiles take files with any extension
 */
export function listVideoFiles(
  directory: string,
  { allFiles = false }: { readonly allFiles?: boolean } = {},
): Promise<string[]> {
  return listFiles(directory, (name) => allFiles || isVideoFile(name));
}

/** The files below a directory whose names are wanted; what is left out and the order are those of {@link listVideoFiles}. */
export async function listFiles(
  directory: string,
  wanted: (name: string) => boolean,
): Promise<string[]> {
  const paths: string[] = [];
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) paths.push(...(await listFiles(path, wanted)));
    else if (!wanted(entry.name)) continue;
    // A link to a directory may lead in a circle; one that leads nowhere is told when it is opened.
    else if (!(entry.isSymbolicLink() && (await isDirectory(path)))) paths.push(path);
  }
  return paths.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

async function isDirectory(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined);
  return stats?.isDirectory() ?? false;
}
