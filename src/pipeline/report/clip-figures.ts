import type { JudgedVideo } from "../evaluate.js";
import type { Model } from "../model.js";
import type { Run } from "../run.js";
import { traceChart, traceClip } from "./clip-trace.js";
import { filmstrip } from "./filmstrip.js";
import { escapeHtml, percent, scrolled } from "./page.js";

/** Frames of a filmstrip. */
const stripFrames = 8;

/** Draws clips as figures of a page: a filmstrip, what the model says as the clip goes on, and its verdict. */
export async function drawClips(
  model: Model,
  run: Run,
  judged: readonly JudgedVideo[],
  signal?: AbortSignal,
): Promise<string> {
  const figures: string[] = [];
  for (const clip of judged) {
    signal?.throwIfAborted();
    // A sequence of vectors has no frames to show.
    const strip = model.settings.kind === "video" ? await drawStrip(clip) : "";
    const trace = await traceClip(model, run, clip, signal);
    figures.push(
      `<figure>${strip}${traceChart(trace, model.classes, clip.truth)}<figcaption>${verdict(clip)}</figcaption></figure>`,
    );
  }
  return figures.join("\n");
}

async function drawStrip({ path, span, truth }: JudgedVideo): Promise<string> {
  const picture = await filmstrip(path, stripFrames, span);
  const alt = `${stripFrames} frames of a clip of ${truth}`;
  const source = `data:image/jpeg;base64,${picture.toString("base64")}`;
  return scrolled(`<img src="${source}" alt="${escapeHtml(alt)}">`, alt);
}

function verdict({ name, truth, label, confidence }: JudgedVideo): string {
  const told =
    truth === label
      ? `<strong>${escapeHtml(label)}</strong>`
      : `told <strong class="wrong">${escapeHtml(label)}</strong>, is <strong>${escapeHtml(truth)}</strong>`;
  return `${told} · ${percent(confidence)} · <code>${escapeHtml(name)}</code>`;
}
