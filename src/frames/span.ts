import { MuybridgeError } from "../core/errors.js";
import type { SamplingPlan, Span } from "./decoder.js";

/** The microsecond: spans are named as finely as container clocks count. */
const decimals = 6;

/**
 * A span as what stands behind a video's path: a media fragment (W3C Media Fragments URI 1.0, `#t=1.5,4`). Empty for
 * a whole video.
 */
export function spanFragment(span: Span | undefined): string {
  if (span?.start === undefined && span?.end === undefined) return "";
  const seconds = (value: number | undefined): string =>
    value === undefined ? "" : String(Number(value.toFixed(decimals)));
  return `#t=${seconds(span.start)}${span.end === undefined ? "" : `,${seconds(span.end)}`}`;
}

/** A plan for a span of a video, as if the span were a video of its own: a plan's own span counts from its start. */
export function planWithin<Plan extends SamplingPlan>(plan: Plan, span: Span | undefined): Plan {
  if (!span) return plan;
  const offset = span.start ?? 0;
  const start = offset + (plan.start ?? 0);
  const end = Math.min(
    span.end ?? Number.POSITIVE_INFINITY,
    offset + (plan.end ?? Number.POSITIVE_INFINITY),
  );
  return { ...plan, start, ...(end === Number.POSITIVE_INFINITY ? {} : { end }) };
}

/** Whether two spans of one video have a moment in common. */
export function spansOverlap(a: Span | undefined, b: Span | undefined): boolean {
  const [startA, endA] = [a?.start ?? 0, a?.end ?? Number.POSITIVE_INFINITY];
  const [startB, endB] = [b?.start ?? 0, b?.end ?? Number.POSITIVE_INFINITY];
  return startA < endB && startB < endA;
}

/**
 * Checks that a span has something of its video in it.
 *
 * @param duration seconds of the whole video; 0 where it is unknown
 * @throws MuybridgeError ERR_DATASET_INVALID where it begins where the video has ended.
 */
export function checkSpan(path: string, span: Span | undefined, duration: number): void {
  if (duration === 0 || (span?.start ?? 0) < duration) return;
  throw new MuybridgeError(
    "ERR_DATASET_INVALID",
    `${path}${spanFragment(span)} begins after the end of the video, which is ${duration.toFixed(2)} s long.`,
    { path },
  );
}
