import { type ECharts, init } from "echarts";
import { escapeHtml } from "./page.js";

/** A line of a chart. */
export interface ChartLine {
  readonly name: string;
  /** A colour of CSS; "currentColor" and variables of the page follow light and dark. */
  readonly colour: string;
  readonly dashed?: boolean;
  /** Marks the points as well. */
  readonly dots?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** An axis of a chart. */
export interface ChartAxis {
  readonly name: string;
  readonly min?: number;
  readonly max?: number;
  /** Marks at whole numbers only. */
  readonly whole?: boolean;
}

/** What a chart shows. */
export interface LineChartOptions {
  /** What a screen reader says instead of the picture. */
  readonly description: string;
  readonly x: ChartAxis;
  readonly y: ChartAxis;
  readonly lines: readonly ChartLine[];
  /** Pixels; the picture shrinks with the page. */
  readonly width?: number;
  readonly height?: number;
}

/** Draws lines. Returns SVG for a page, in the page's colours. */
export function lineChart(options: LineChartOptions): string {
  const { description, x, y, lines, width = 480, height = 280 } = options;
  const chart: ECharts = init(null, null, { renderer: "svg", ssr: true, width, height });
  const axis = ({ name, min, max, whole }: ChartAxis, gap: number): object => ({
    type: "value",
    name,
    nameLocation: "middle",
    nameGap: gap,
    nameTextStyle: { color: "currentColor" },
    axisLabel: { color: "currentColor" },
    axisLine: { show: true, lineStyle: { color: "currentColor" } },
    splitLine: { lineStyle: { color: "var(--line)", opacity: 0.5 } },
    ...(min === undefined ? { scale: true } : { min }),
    ...(max === undefined ? {} : { max }),
    ...(whole ? { minInterval: 1 } : {}),
  });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: "sans-serif" },
      legend: { top: 4, textStyle: { color: "currentColor" } },
      grid: { left: 60, right: 20, top: 40, bottom: 48 },
      xAxis: axis(x, 28),
      yAxis: axis(y, 40),
      series: lines.map(({ name, colour, dashed, dots, points }) => ({
        type: "line",
        name,
        symbol: dots ? "circle" : "none",
        symbolSize: 7,
        color: colour,
        lineStyle: { color: colour, width: 2, type: dashed ? "dashed" : "solid" },
        itemStyle: { color: colour },
        data: points.map((point) => [...point]),
      })),
    } as Parameters<ECharts["setOption"]>[0]);
    return chart
      .renderToSVGString()
      .replace("<svg ", `<svg role="img" aria-label="${escapeHtml(description)}" `);
  } finally {
    chart.dispose();
  }
}
