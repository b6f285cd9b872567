import { computed, signal } from "@preact/signals";
import type { Corrections, ListedResult, Part, StudioEvent } from "../server/messages.js";
import type { Job, ModelEntry } from "../server/work-messages.js";
import { openSession, Refusal, readFolder, readState, saveParts, undoCorrection } from "./api.js";

/** How the page stands with the server. */
export type Connection = "opening" | "open" | "lost" | "refused";

/** The pages of the studio. */
export const viewNames = ["label", "train", "suggest"] as const;
/** One of them. */
export type ViewName = (typeof viewNames)[number];

/** How the page stands with the server. */
export const connection = signal<Connection>("opening");
/** The page that is shown. */
export const view = signal<ViewName>("label");
/** The served folders. */
export const roots = signal<readonly string[]>([]);
/** Path of the manifest of corrections. */
export const manifest = signal("");
/** The models, the one named at the start first, then the newest. */
export const models = signal<readonly ModelEntry[]>([]);
/** Work, in the order it was asked for. */
export const jobs = signal<readonly Job[]>([]);
/** What the models say, by path. */
export const results = signal<ReadonlyMap<string, ListedResult>>(new Map());
/** What people say. */
export const corrections = signal<Corrections>({ videos: [], labels: [], undo: null });
/** Videos that were brought or looked at, and may have no label yet. */
export const brought = signal<readonly string[]>([]);
/** The clip that is open, with the part that is meant, and those that it was opened from among. */
export const opened = signal<OpenedClip | undefined>(undefined);
/** What a screen reader is told. */
export const announcement = signal("");

/** A clip that is open. */
export interface OpenedClip {
  readonly path: string;
  readonly start?: number;
  /** Paths of the list it was opened from, in its order. */
  readonly among: readonly string[];
}

/** What people say of each video. */
export const partsByPath = computed<ReadonlyMap<string, readonly Part[]>>(
  () => new Map(corrections.value.videos.map(({ path, parts }) => [path, parts])),
);

/** All labels that are known, sorted. */
export const labels = computed(() => {
  const known = new Set(corrections.value.labels);
  for (const { classes } of models.value) for (const label of classes) known.add(label);
  return [...known].sort();
});

/** Comes in, with the token of the address where it has one, and stays connected. */
export async function connect(): Promise<void> {
  const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (token !== undefined) {
    // It is a secret: neither the history nor a screenshot needs it.
    history.replaceState(null, "", location.pathname);
    try {
      await openSession(token);
    } catch (error) {
      connection.value = error instanceof Refusal && error.status === 0 ? "lost" : "refused";
      if (connection.value === "refused") return;
    }
  }
  await refresh();
  if ((connection.value as Connection) === "refused") return;
  listen();
}

/** Asks for all there is. */
async function refresh(): Promise<void> {
  try {
    const state = await readState();
    roots.value = state.roots;
    manifest.value = state.manifest;
    models.value = state.models;
    jobs.value = state.jobs;
    corrections.value = state.corrections;
    results.value = new Map(state.results.map((result) => [result.path, result]));
    bring((await readFolder(state.uploads)).videos.map(({ path }) => path));
    connection.value = "open";
  } catch (error) {
    connection.value = error instanceof Refusal && error.status === 401 ? "refused" : "lost";
  }
}

function listen(): void {
  const source = new EventSource("/api/events");
  /** Events that come while all there is is asked for: they are newer. */
  let waiting: StudioEvent[] | undefined;
  source.onopen = async () => {
    waiting = [];
    await refresh();
    const events = waiting;
    waiting = undefined;
    for (const event of events) take(event);
    if (connection.value === "refused") source.close();
  };
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const event = JSON.parse(data) as StudioEvent;
    if (waiting) waiting.push(event);
    else take(event);
  };
  source.onerror = () => {
    if (connection.value === "open") connection.value = "lost";
    // Where the server does not know this page any more, the browser gives up.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => void refresh().then(() => connection.value === "refused" || listen()), 2000);
    }
  };
}

function take(event: StudioEvent): void {
  if (event.type === "job") takeJob(event.job);
  else if (event.type === "corrections") {
    if (saving === 0) corrections.value = event.corrections;
  } else if (event.type === "models") models.value = event.models;
  else {
    const next = new Map(results.value);
    next.set(event.result.path, event.result);
    results.value = next;
  }
}

function takeJob(job: Job): void {
  const before = jobs.value.find(({ id }) => id === job.id);
  jobs.value = before
    ? jobs.value.map((each) => (each.id === job.id ? job : each))
    : [...jobs.value, job];
  if (before?.state !== job.state) announcement.value = `${job.request.kind}: ${job.state}`;
}

/** Changes that the server has not confirmed; until it has, what is shown is ahead of it. */
let saving = 0;
let lastSave: Promise<unknown> = Promise.resolve();

/** Says what a video holds: shown at once, so that the next key meets it; saved one after the other. */
export function say(path: string, parts: readonly Part[]): Promise<void> {
  const others = corrections.value.videos.filter((each) => each.path !== path);
  const videos = parts.length > 0 ? [...others, { path, parts: [...parts] }] : others;
  corrections.value = { ...corrections.value, videos };
  return inTurn(() => saveParts(path, [...parts]));
}

/** Takes the last change back. */
export function undo(): Promise<void> {
  return inTurn(undoCorrection);
}

function inTurn(change: () => Promise<Corrections>): Promise<void> {
  saving += 1;
  const done = lastSave.then(change).then(
    (saved) => {
      saving -= 1;
      if (saving === 0) corrections.value = saved;
    },
    async (error: unknown) => {
      saving -= 1;
      // What is shown was not saved: what is there is shown again.
      await refresh();
      throw error;
    },
  );
  lastSave = done.catch(() => {});
  return done;
}

/** Adds videos to those that are shown. */
export function bring(paths: readonly string[]): void {
  brought.value = [...new Set([...brought.value, ...paths])];
}

/** The last job of a kind. */
export function lastJob(kind: Job["request"]["kind"]): Job | undefined {
  return jobs.value.findLast(({ request }) => request.kind === kind);
}
