/**
 * Studio: the page in the browser and the server behind it, for a folder of clips. Labels, corrections and models are
 * files under the served folder.
 *
 * This file: the server from its start to its end.
 */
import { stat } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { MuybridgeError, messageOf } from "../../core/errors.js";
import { anyAddress, openAccess } from "./access.js";
import { openCorrections } from "./correction-store.js";
import { createApp } from "./create-app.js";
import { openEventStream } from "./event-stream.js";
import { openFilmstrips } from "./filmstrip-store.js";
import { openJobQueue } from "./job-queue.js";
import { openModelShelf } from "./model-shelf.js";
import { openResultLog } from "./result-log.js";
import { openServedFiles } from "./served-files.js";
import { openStateDirectory } from "./state-directory.js";
import { workOn } from "./tasks/do-work.js";
import { removeParts } from "./upload-store.js";

/** Options of {@link openStudio}. */
export interface StudioOptions {
  /** Folders to serve; the first one holds what is kept, in `.muybridge`. */
  readonly folders: readonly string[];
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** A model directory to choose first. */
  readonly model?: string;
  /** Where the built page is. Default: beside this program. */
  readonly pageDirectory?: string;
  readonly onWarning: (message: string) => void;
}

/** A server that runs. */
export interface Studio {
  /** With the token, which a browser keeps to itself. */
  readonly url: string;
  /** Ends it; what was under way goes on when it is opened again. */
  readonly close: () => Promise<void>;
}

const defaultPage = fileURLToPath(new URL("../../../studio", import.meta.url));

/**
 * Starts the server.
 *
 * @throws MuybridgeError ERR_FILE_NOT_FOUND, ERR_USAGE where a folder cannot be served, another studio serves it, or the
 * port is taken.
 */
export async function openStudio(options: StudioOptions): Promise<Studio> {
  const { host = "127.0.0.1", port, model, pageDirectory = defaultPage, onWarning } = options;
  await checkPage(pageDirectory);
  const files = await openServedFiles(options.folders);
  const state = await openStateDirectory(files.roots[0]!);
  const onFault = (error: unknown): void => {
    onWarning(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
  const closers: (() => Promise<unknown>)[] = [state.release];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    await removeParts(state.uploads);
    const results = await openResultLog(state.results, onWarning);
    closers.push(results.close);
    const corrections = await openCorrections(state.corrections, state.undo);
    const shelf = openModelShelf(state.models, model);
    const filmstrips = openFilmstrips(state.filmstrips);
    closers.push(filmstrips.close);
    const events = openEventStream();
    const ground = { files, state, results, corrections, shelf, filmstrips, events };
    const jobs = await openJobQueue(
      state.jobs,
      workOn(ground),
      (job) => events.tell({ type: "job", job }),
      onFault,
    );
    closers.push(jobs.close, async () => events.close());
    let ownPort = port;
    const access = openAccess(host, () => ownPort);
    const app = await createApp({ ...ground, jobs }, access, pageDirectory, onFault);
    closers.push(() => app.close());
    await app.listen({ host, port }).catch((cause: unknown) => {
      const why = `The server cannot listen on ${host}, port ${port}: ${messageOf(cause)}. Choose another with --port.`;
      throw new MuybridgeError("ERR_USAGE", why, { parameter: "port", cause });
    });
    const address = app.server.address();
    if (address !== null && typeof address !== "string") ownPort = address.port;
    const named = anyAddress.has(host) ? hostname() : host;
    const name = isIPv6(named) ? `[${named}]` : named;
    return { url: `http://${name}:${ownPort}/#token=${access.token}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function checkPage(directory: string): Promise<void> {
  const stats = await stat(directory).catch(() => undefined);
  if (stats?.isDirectory()) return;
  const why = `The page is not built: ${directory} is missing. Run npm run build.`;
  throw new MuybridgeError("ERR_USAGE", why, { path: directory });
}
