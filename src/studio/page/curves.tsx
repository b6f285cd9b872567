import type { JSX } from "preact";
import type { Job } from "../server/work-messages.js";
import { percent } from "./words.js";

type Epoch = Job["epochs"][number];

/** Units of a drawing. */
const [width, height, left, low] = [420, 200, 44, 26];

interface Line {
  readonly name: string;
  readonly style: string;
  readonly values: readonly (readonly [epoch: number, value: number])[];
}

/** Loss and accuracy over the epochs so far. */
export function Curves({ epochs }: { readonly epochs: readonly Epoch[] }): JSX.Element | null {
  // The second training, on all clips, has no validation to be judged by.
  const first = epochs.filter(({ stage }) => stage === "train");
  const all = first.length > 0 ? first : epochs;
  // Of several networks that are tried, the last one.
  const begin = all.findLastIndex(({ epoch }, i) => epoch <= (all[i - 1]?.epoch ?? 0));
  const shown = all.slice(Math.max(begin, 0));
  const last = shown.at(-1);
  if (!last) return null;
  const curve = (pick: (epoch: Epoch) => number | undefined): Line["values"] =>
    shown.flatMap((epoch) => {
      const value = pick(epoch);
      return value === undefined ? [] : [[epoch.epoch, value] as const];
    });
  const accuracy = curve(({ validationAccuracy }) => validationAccuracy);
  return (
    <div class="charts">
      <Chart
        name="Loss"
        said={`Loss after ${last.epoch} epochs: ${last.loss.toFixed(3)}${last.validationLoss === undefined ? "" : `, on validation clips ${last.validationLoss.toFixed(3)}`}`}
        lines={[
          { name: "training", style: "one", values: curve(({ loss }) => loss) },
          {
            name: "validation",
            style: "two",
            values: curve(({ validationLoss }) => validationLoss),
          },
        ]}
        format={(value) => value.toFixed(2)}
      />
      {accuracy.length > 0 && (
        <Chart
          name="Validation accuracy"
          said={`Validation accuracy after ${last.epoch} epochs: ${percent(last.validationAccuracy ?? 0)}`}
          lines={[{ name: "validation", style: "two", values: accuracy }]}
          top={1}
          format={(value) => `${Math.round(100 * value)} %`}
        />
      )}
    </div>
  );
}

function Chart({
  name,
  said,
  lines,
  top,
  format,
}: {
  readonly name: string;
  readonly said: string;
  readonly lines: readonly Line[];
  readonly top?: number;
  readonly format: (value: number) => string;
}): JSX.Element {
  const drawn = lines.filter(({ values }) => values.length > 0);
  const points = drawn.flatMap(({ values }) => values);
  const highest = top ?? Math.max(...points.map(([, value]) => value), 1e-3);
  const longest = Math.max(...points.map(([epoch]) => epoch), 2);
  const x = (epoch: number): number => left + ((width - left - 8) * (epoch - 1)) / (longest - 1);
  const y = (value: number): number => 8 + (height - low - 8) * (1 - value / highest);
  return (
    <figure>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
        {[0, 0.5, 1].map((part) => (
          <g key={part}>
            <line
              class="grid"
              x1={left}
              x2={width - 8}
              y1={y(part * highest)}
              y2={y(part * highest)}
            />
            <text x={left - 6} y={y(part * highest) + 4} text-anchor="end">
              {format(part * highest)}
            </text>
          </g>
        ))}
        <text x={left} y={height - 6}>
          epoch 1
        </text>
        <text x={width - 8} y={height - 6} text-anchor="end">
          {longest}
        </text>
        {drawn.map(({ name: line, style, values }) => (
          <g key={line} class={style}>
            <polyline
              class="line"
              points={values.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" ")}
            />
            {values.slice(-1).map(([epoch, value]) => (
              <circle key={epoch} cx={x(epoch)} cy={y(value)} r={4} />
            ))}
          </g>
        ))}
      </svg>
      <figcaption>
        {name}:{" "}
        {drawn.map(({ name: line, style }) => (
          <span key={line} class="label">
            <span class={`swatch ${style}`} aria-hidden="true" />
            {line}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
