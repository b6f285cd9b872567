import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Timeline } from "../server/messages.js";
import { Label } from "./clip-card.js";
import { colourOf } from "./colours.js";
import type { TimedPart } from "./parts.js";
import { clock, percent } from "./words.js";

/** Units of the drawing; it is stretched to the width there is. */
const [width, height, bar] = [1000, 120, 28];

/** Probabilities over a video's time, its parts below them, and the position. A click goes there. */
export function TimelineChart({
  timeline,
  parts,
  duration,
  time,
  onSeek,
  onMove,
}: {
  readonly timeline: Timeline | undefined;
  readonly parts: readonly TimedPart[];
  readonly duration: number;
  readonly time: Signal<number>;
  readonly onSeek: (time: number) => void;
  /** Told while an end of a part is dragged, and when it is let go. */
  readonly onMove: (index: number, end: "start" | "end", time: number, isDone: boolean) => void;
}): JSX.Element {
  const drawing = useRef<SVGSVGElement>(null);
  const dragged = useRef<{ index: number; end: "start" | "end" } | undefined>(undefined);
  const x = (seconds: number): number => (duration > 0 ? (width * seconds) / duration : 0);
  const timeOf = ({ clientX }: PointerEvent): number => {
    const { left, width: wide } = drawing.current!.getBoundingClientRect();
    return Math.min(duration, Math.max(0, (duration * (clientX - left)) / wide));
  };
  const last = timeline?.probabilities.at(-1) ?? [];
  const said = timeline?.classes.map((name, c) => `${name} ${percent(last[c] ?? 0)}`).join(", ");
  const spoken = parts.map(
    ({ label, start, end }) => `${label} from ${start.toFixed(1)} to ${end.toFixed(1)} s`,
  );
  return (
    <figure class="timeline">
      <svg
        ref={drawing}
        viewBox={`0 0 ${width} ${height + bar + 4}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Probabilities over time${said ? `; at the end ${said}` : ""}. ${spoken.join("; ")}.`}
        onPointerDown={(event) => {
          if (dragged.current) return;
          drawing.current!.setPointerCapture(event.pointerId);
          onSeek(timeOf(event));
        }}
        onPointerMove={(event) => {
          if (event.buttons === 0) return;
          const held = dragged.current;
          if (held) onMove(held.index, held.end, timeOf(event), false);
          else onSeek(timeOf(event));
        }}
        onPointerUp={(event) => {
          const held = dragged.current;
          dragged.current = undefined;
          if (held) onMove(held.index, held.end, timeOf(event), true);
        }}
      >
        <rect class="ground" width={width} height={height} />
        {timeline?.classes.map((name, c) => (
          <polyline
            key={name}
            class="line"
            stroke={colourOf(name)}
            points={pointsOf(timeline, c, duration)
              .map(([at, p]) => `${x(at).toFixed(1)},${(height * (1 - p)).toFixed(1)}`)
              .join(" ")}
          />
        ))}
        {parts.map(({ label, start, end }, index) => (
          <g key={`${start}-${label}`}>
            <rect
              x={x(start)}
              y={height + 4}
              width={Math.max(0, x(end) - x(start))}
              height={bar}
              fill={colourOf(label)}
            />
            {(["start", "end"] as const).map((side) => (
              <rect
                key={side}
                class="handle"
                x={x(side === "start" ? start : end) - (side === "start" ? 0 : 8)}
                y={height + 4}
                width={8}
                height={bar}
                onPointerDown={(event) => {
                  dragged.current = { index, end: side };
                  drawing.current!.setPointerCapture(event.pointerId);
                }}
              />
            ))}
          </g>
        ))}
        <line class="position" x1={x(time.value)} x2={x(time.value)} y1={0} y2={height + bar + 4} />
      </svg>
      <label class="position-control">
        <span>
          Position {clock(time.value)} of {clock(duration)}
        </span>
        <input
          type="range"
          min={0}
          max={duration}
          step={0.01}
          value={time.value}
          onInput={({ currentTarget }) => onSeek(Number(currentTarget.value))}
        />
      </label>
      {timeline && (
        <figcaption>
          {timeline.classes.map((name) => (
            <Label key={name} name={name} />
          ))}
          <small>
            {timeline.of === "windows"
              ? "probability of each at every moment"
              : "what the model says as it sees more and more of the clip"}
          </small>
        </figcaption>
      )}
    </figure>
  );
}

/** A line's points: windows hold until the next one begins; what is seen so far goes from frame to frame. */
function pointsOf(
  { times, probabilities, of }: Timeline,
  c: number,
  duration: number,
): (readonly [time: number, probability: number])[] {
  return times.flatMap((time, i) => {
    const p = probabilities[i]?.[c] ?? 0;
    const until = times[i + 1] ?? duration;
    return of === "windows"
      ? [[time, p] as const, [until, p] as const]
      : [[time, p] as const, ...(i === times.length - 1 ? [[duration, p] as const] : [])];
  });
}
