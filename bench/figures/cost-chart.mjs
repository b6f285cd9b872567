import { axis, drawChart, line, powersOfTen } from "./chart.mjs";

/**
 * Draws the time of some works over a size, both by powers.
 *
 * @param {string} file name, without .svg
 * @param {string} name of the size
 * @param {ReadonlyMap<string, readonly (readonly [size: number, ms: number])[]>} curves by title; torch's are dashed
 */
export function drawCost(file, name, curves) {
  const sizes = [...curves.values()].flat().map(([size]) => size);
  return drawChart(
    file,
    {
      legend: { top: 4, itemGap: 20 },
      grid: { left: 70, right: 24, top: 44, bottom: 50 },
      xAxis: axis(name, {
        type: "log",
        logBase: 2,
        min: Math.min(...sizes),
        max: Math.max(...sizes),
      }),
      yAxis: powersOfTen("CPU ms"),
      series: [...curves].map(([title, points]) =>
        line(title, points, {
          showSymbol: true,
          lineStyle: { width: 2, type: title.startsWith("torch") ? "dashed" : "solid" },
        }),
      ),
    },
    { height: 340 },
  );
}
