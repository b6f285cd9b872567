import type { LabelledVideo, LabelResult } from "../../../src/pipeline/label-result.js";

/** What made {@link results}. */
export const origin = { model: "0123456789abcdef".repeat(4), options: "fedcba9876543210" } as const;

/** A video of this label, or of these, one after the other; each lasts two seconds. */
export function labelled(path: string, ...labels: [string, ...string[]]): LabelledVideo {
  return {
    path,
    label: labels[0],
    confidence: 0.931204,
    top: [{ label: labels[0], confidence: 0.931204 }],
    segments: labels.map((label, i) => ({
      start: 2 * i,
      end: 2 * i + 2,
      label,
      confidence: 0.931204,
    })),
    duration: 2 * labels.length,
    frames: 16,
    ...origin,
    cached: { frames: false, features: false, predictions: false },
    elapsedMs: 12.3,
  };
}

/** Results whose texts hold what has a meaning in some format. */
export const results: readonly LabelResult[] = [
  labelled("plain.mp4", "sit-down"),
  labelled('a,b "c";d.mp4', 'say "yes", then "no"'),
  {
    path: "line\nbreak\r\n.mp4",
    error: { code: "ERR_NOT_A_VIDEO", message: 'a "b",\nc\r\n--> d' },
  },
  labelled("<i>&amp;-->.mp4", "a --> b", "<b>c</b> & d", "sit-down"),
  labelled("📼 zwölf\u2028.mp4", "🕺", "立つ"),
  labelled("plain.mp4", "sit-down"),
  { ...labelled("-dash ' \\ \t.mp4", "=1+1"), truncated: true },
  { path: "plain.mp4", error: { code: "ERR_TIMEOUT", message: "was given up" } },
  labelled("[", "]"),
];
