import type {
  Correction,
  Corrections,
  Folder,
  Part,
  StudioState,
  Timeline,
} from "../server/messages.js";
import type { Job, WorkRequest } from "../server/work-messages.js";

/** A refusal of the server, in its words. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const unreachable = "The server does not answer. Is it still running?";

async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Refusal(0, unreachable);
  });
  const text = await response.text();
  if (!response.ok) throw refusalOf(response.status, text);
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

function refusalOf(status: number, text: string): Refusal {
  try {
    const { error } = JSON.parse(text) as { error: { message: string } };
    return new Refusal(status, error.message);
  } catch {
    return new Refusal(status, `The server answered ${status}.`);
  }
}

const withPath = (url: string, path: string): string => `${url}?path=${encodeURIComponent(path)}`;

/** Comes in with the token of the printed address. */
export const openSession = (token: string): Promise<void> => ask("POST", "/api/session", { token });

/** All there is on the server. */
export const readState = (): Promise<StudioState> => ask("GET", "/api/state");

/** What a folder holds. */
export const readFolder = (path: string): Promise<Folder> =>
  ask("GET", withPath("/api/folder", path));

/** Probabilities over the time of a labelled video. */
export const readTimeline = (path: string): Promise<Timeline> =>
  ask("GET", withPath("/api/timeline", path));

/** Asks for work; what becomes of it comes with the events. */
export const startJob = (request: WorkRequest): Promise<Job> => ask("POST", "/api/jobs", request);

/** Ends work. */
export const stopJob = (id: string): Promise<Job> => ask("POST", `/api/jobs/${id}/stop`);

/** Says what a video holds; no parts: nothing. */
export const saveParts = (path: string, parts: Part[]): Promise<Corrections> =>
  ask("PUT", "/api/corrections", { path, parts } satisfies Correction);

/** Takes the last correction back. */
export const undoCorrection = (): Promise<Corrections> => ask("POST", "/api/corrections/undo");

/** Address of a video. */
export const videoUrl = (path: string): string => withPath("/api/video", path);

/** Address of the segments of a video as subtitles. */
export const subtitlesUrl = (path: string): string => withPath("/api/subtitles", path);

/** Address of a few frames of a video, or of a part of it. */
export function filmstripUrl(path: string, start?: number, end?: number): string {
  const part = (name: string, value: number | undefined): string =>
    value === undefined ? "" : `&${name}=${value}`;
  return withPath("/api/filmstrip", path) + part("start", start) + part("end", end);
}

/**
 * Brings one video to the server.
 *
 * @param onProgress told the part that is sent, in [0, 1]
 * @returns its path there
 */
export function uploadVideo(file: File, onProgress: (part: number) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append("video", file, file.name);
    // fetch does not tell how much is sent.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/uploads");
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(new Refusal(0, unreachable));
    request.onload = () => {
      if (request.status !== 200) return reject(refusalOf(request.status, request.responseText));
      const { paths } = JSON.parse(request.responseText) as { paths: string[] };
      return resolve(paths[0]!);
    };
    request.send(form);
  });
}
