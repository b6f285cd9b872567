import { expect } from "vitest";
import type { ReadResult } from "./writer-conformance.js";

const timing = /^(\d{2,}):(\d{2}):(\d{2}\.\d{3}) --> (\d{2,}):(\d{2}):(\d{2}\.\d{3})$/;

/** Reads subtitles as a player does (the blocks of WebVTT's grammar), and our note. Fails where they break the grammar. */
export function readSubtitles(text: string): ReadResult {
  const [header, ...blocks] = text.replace(/\n$/, "").split(/\n{2,}/);
  expect(header).toBe("WEBVTT");
  const segments: { start: number; end: number; label: string }[] = [];
  let note: { path?: string; error?: { code: string } } = {};
  for (const block of blocks) {
    const lines = block.split("\n");
    if (lines[0]!.startsWith("NOTE")) {
      expect(block).not.toContain("-->");
      note = JSON.parse(block.slice("NOTE muybridge ".length));
      continue;
    }
    const at = lines.findIndex((line) => line.includes("-->"));
    // An identifier, at most, stands before the times.
    expect(at).toBeLessThanOrEqual(1);
    const [, h1, m1, s1, h2, m2, s2] = timing.exec(lines[at]!)!.map(Number);
    const payload = lines.slice(at + 1).join("\n");
    expect(payload).not.toMatch(/-->|<|&(?!(amp|lt|gt);)/);
    segments.push({
      start: 3600 * h1! + 60 * m1! + s1!,
      end: 3600 * h2! + 60 * m2! + s2!,
      label: plainText(payload.replace(/ \([\d.]+ %\)$/, "")),
    });
  }
  return {
    ...(note.path === undefined ? {} : { path: note.path }),
    ...(note.error ? { error: note.error.code } : {}),
    ...(segments[0] ? { label: segments[0].label, segments } : {}),
  };
}

function plainText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
