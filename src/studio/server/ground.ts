import type { CorrectionStore } from "./correction-store.js";
import type { EventStream } from "./event-stream.js";
import type { FilmstripStore } from "./filmstrip-store.js";
import type { JobQueue } from "./job-queue.js";
import type { ModelShelf } from "./model-shelf.js";
import type { ResultLog } from "./result-log.js";
import type { ServedFiles } from "./served-files.js";
import type { StateDirectory } from "./state-directory.js";

/** What all work of the server stands on. */
export interface Ground {
  readonly files: ServedFiles;
  readonly state: StateDirectory;
  readonly results: ResultLog;
  readonly corrections: CorrectionStore;
  readonly shelf: ModelShelf;
  readonly filmstrips: FilmstripStore;
  readonly events: EventStream;
}

/** What the routes stand on. */
export interface RouteGround extends Ground {
  readonly jobs: JobQueue;
}
