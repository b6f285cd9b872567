import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as echarts from "echarts";

/** Colours of lines, told apart by readers with any colour vision (Okabe & Ito 2008). */
export const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

/**
 * Draws a chart into docs/figures.
 *
 * @param {string} name of the file, without .svg
 * @param {echarts.EChartsCoreOption} option
 * @param {{ width?: number, height?: number }} [size] pixels
 */
export async function drawChart(name, option, { width = 720, height = 380 } = {}) {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  const textStyle = { fontFamily: "sans-serif", fontSize: 13, color: "#222" };
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    color: colours,
    textStyle,
    ...option,
  });
  const path = fileURLToPath(new URL(`../../docs/figures/${name}.svg`, import.meta.url));
  await writeFile(path, `${plainSvg(chart.renderToSVGString(), name)}\n`);
  chart.dispose();
  return path;
}

/**
 * A line of a chart.
 *
 * @param {string} name
 * @param {readonly (readonly [x: number, y: number])[]} data
 * @param {object} [more] of ECharts' options
 */
export function line(name, data, more = {}) {
  return { type: "line", name, data, showSymbol: false, lineStyle: { width: 2 }, ...more };
}

/**
 * An axis of numbers.
 *
 * @param {string} name
 * @param {object} [more] of ECharts' options
 */
export function axis(name, more = {}) {
  return { type: "value", name, nameLocation: "middle", nameGap: 32, ...more };
}

/**
 * An axis of numbers by powers of ten.
 *
 * @param {string} name
 * @param {object} [more] of ECharts' options
 */
export function powersOfTen(name, more = {}) {
  const formatter = (/** @type {number} */ value) => {
    const power = Math.round(Math.log10(value));
    return Math.abs(power) < 3 ? String(Number(value.toPrecision(3))) : `10${superscript(power)}`;
  };
  return axis(name, { type: "log", nameGap: 44, axisLabel: { formatter }, ...more });
}

/** @param {number} power */
function superscript(power) {
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const raised = Array.from(String(Math.abs(power)), (digit) => digits[Number(digit)]).join("");
  return power < 0 ? `⁻${raised}` : raised;
}

/**
 * Takes out what only a page with ECharts' script has a use for, and gives the picture its name as a title.
 *
 * @param {string} svg
 * @param {string} name
 */
export function plainSvg(svg, name) {
  return svg
    .replace(/<style\s*>[\s\S]*?<\/style>\s*/g, "")
    .replace(/ ecmeta_\w+="[^"]*"/g, "")
    .replace(/ class="zr\d+-cls-\d+"/g, "")
    .replace(/^<svg[^>]*>/, (start) => `${start}\n<title>${name.replaceAll("-", " ")}</title>`);
}
