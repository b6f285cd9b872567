import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { manifestExtensions } from "../../../datasets/manifest.js";
import { MuybridgeError } from "../../core/errors.js";
import { unreadableFile } from "../../core/unreadable-file.js";
import { isVideoFile, listVideoFiles } from "../../frames/video-files.js";
import { mostEntries, mostVideos } from "./limits.js";
import type { Folder } from "./messages.js";

/** The folders that the page may see, and nothing else of the machine. */
export interface ServedFiles {
  /** Absolute, links resolved. */
  readonly roots: readonly string[];
  /**
   * The file or folder behind a path, with all links resolved.
   *
   * @throws MuybridgeError ERR_FILE_NOT_FOUND where it is not there, or not under the served folders.
   */
  readonly locate: (path: string) => Promise<string>;
  /** A regular file with a video's extension. @throws MuybridgeError as locate; ERR_NOT_A_VIDEO. */
  readonly locateVideo: (path: string) => Promise<string>;
  /** Whether a path leads to something that is there, but not under the served folders. */
  readonly isOutside: (path: string) => Promise<boolean>;
  /** What a folder holds; hidden entries and links that lead out are left out. */
  readonly list: (path: string) => Promise<Folder>;
  /**
   * The videos that some files and folders come to.
   *
   * @returns their paths, and those that are left out since they lead out of the served folders
   */
  readonly expand: (
    paths: readonly string[],
  ) => Promise<{ readonly videos: string[]; readonly outside: string[] }>;
}

/**
 * Opens the folders to serve.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_USAGE where one is no folder.
 */
export async function openServedFiles(folders: readonly string[]): Promise<ServedFiles> {
  const roots: string[] = [];
  for (const folder of folders) {
    const root = await realpath(folder).catch((cause: unknown) => {
      const why = `There is no folder ${folder} to serve.`;
      throw new MuybridgeError("ERR_FILE_NOT_FOUND", why, { path: folder, cause });
    });
    if (!(await stat(root)).isDirectory()) {
      const why = `${folder} is no folder; serve takes a folder of videos.`;
      throw new MuybridgeError("ERR_USAGE", why, { path: folder });
    }
    if (!roots.includes(root)) roots.push(root);
  }
  const isServed = (place: string): boolean => roots.some((root) => isBelow(place, root));

  const locate = async (path: string): Promise<string> => {
    // The same words for what is not there and for what is elsewhere: the difference is nobody's business.
    const missing = (): MuybridgeError =>
      new MuybridgeError(
        "ERR_FILE_NOT_FOUND",
        `${path} is not there, or not under the folders that are served (${roots.join(", ")}).`,
        { path },
      );
    if (!isAbsolute(path) || path.includes("\0")) throw missing();
    const place = await realpath(path).catch(() => undefined);
    if (place === undefined || !isServed(place)) throw missing();
    return place;
  };

  const locateVideo = async (path: string): Promise<string> => {
    const place = await locate(path);
    // Of a link, what it leads to decides: it is that which is read.
    if (isVideoFile(basename(place)) && (await stat(place)).isFile()) return place;
    const why = `${path} is not a video file by its name.`;
    throw new MuybridgeError("ERR_NOT_A_VIDEO", why, { path });
  };

  const isOutside = async (path: string): Promise<boolean> => {
    const place = await realpath(path).catch(() => undefined);
    return place !== undefined && !isServed(place);
  };

  const list = async (path: string): Promise<Folder> => {
    await locate(path);
    const folder = resolve(path);
    const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
      const why = `${path} is no folder that can be read.`;
      throw new MuybridgeError("ERR_FILE_NOT_FOUND", why, { path, cause });
    });
    const visible = entries
      .filter(({ name }) => !name.startsWith("."))
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
    const found: Folder = {
      path: folder,
      above: await locate(dirname(folder)).then(
        () => dirname(folder),
        () => null,
      ),
      folders: [],
      videos: [],
      manifests: [],
      more: Math.max(0, visible.length - mostEntries),
    };
    for (const { name } of visible.slice(0, mostEntries)) {
      const own = join(folder, name);
      const place = await locate(own).catch(() => undefined);
      const stats = place && (await stat(place).catch(() => undefined));
      if (!stats) continue;
      if (stats.isDirectory()) found.folders.push({ name, path: own });
      else if (!stats.isFile()) continue;
      else if (isVideoFile(name)) found.videos.push({ name, path: own });
      else if (manifestExtensions.has(extensionOf(name))) found.manifests.push({ name, path: own });
    }
    return found;
  };

  const expand: ServedFiles["expand"] = async (paths) => {
    const videos = new Set<string>();
    const outside: string[] = [];
    for (const path of paths) {
      const place = await locate(path);
      const isFolder = (await stat(place)).isDirectory();
      const own = resolve(path);
      const found = isFolder ? await listBelow(own) : [own];
      for (const video of found) {
        const isInside = await locateVideo(video).then(
          () => true,
          () => false,
        );
        if (isInside) videos.add(video);
        else outside.push(video);
      }
      if (videos.size > mostVideos) {
        const why = `${path} holds more than ${mostVideos} videos; choose a smaller folder, or use muybridge label.`;
        throw new MuybridgeError("ERR_TOO_LARGE", why, { path });
      }
    }
    return { videos: [...videos], outside };
  };

  return { roots, locate, locateVideo, isOutside, list, expand };
}

/** The videos below a folder. @throws MuybridgeError where a folder in it cannot be read. */
function listBelow(folder: string): Promise<string[]> {
  return listVideoFiles(folder).catch((error: unknown) => {
    throw unreadableFile(folder, error);
  });
}

/** Whether a place is a folder or below it; both absolute and without links. */
function isBelow(place: string, folder: string): boolean {
  const way = relative(folder, place);
  return way === "" || (!isAbsolute(way) && way !== ".." && !/^\.\.[\\/]/.test(way));
}

function extensionOf(name: string): string {
  return name.slice(Math.max(0, name.lastIndexOf("."))).toLowerCase();
}
