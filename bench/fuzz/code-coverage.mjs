import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} ModuleCoverage
 * @property {Uint8Array} reached which characters of its text have run
 * @property {Set<string>} functions those that have run, by their places
 * @property {Set<string>} known all functions that V8 has told of, by their places
 */

/**
 * Tells which code has run, function by function and block by block, as V8 counts it (precise coverage).
 *
 * @param {(path: string) => boolean} isWanted of the modules' paths
 */
export async function openCoverage(isWanted) {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  /** @type {Map<string, ModuleCoverage>} */
  const modules = new Map();

  /**
   * What has run since the last call.
   *
   * @param {boolean} keep whether it is added to what is known
   * @returns {Promise<boolean>} whether anything ran that had not run before
   */
  const take = async (keep) => {
    const { result } = await session.post("Profiler.takePreciseCoverage");
    let isNew = false;
    for (const { url, functions } of result) {
      if (!url.startsWith("file:")) continue;
      const path = fileURLToPath(url);
      if (!isWanted(path)) continue;
      const size = Math.max(...functions.flatMap(({ ranges }) => ranges.map((r) => r.endOffset)));
      const known = modules.get(path) ?? {
        reached: new Uint8Array(0),
        functions: new Set(),
        known: new Set(),
      };
      if (known.reached.length < size) {
        const larger = new Uint8Array(size);
        larger.set(known.reached);
        known.reached = larger;
      }
      modules.set(path, known);
      if (add(known, functions, keep)) isNew = true;
    }
    return isNew;
  };
  return { take, modules, close: () => session.disconnect() };
}

/**
 * @param {ModuleCoverage} module
 * @param {import("node:inspector").Profiler.FunctionCoverage[]} functions
 * @param {boolean} keep
 * @returns {boolean}
 */
function add(module, functions, keep) {
  const ran = new Uint8Array(module.reached.length);
  for (const { ranges } of functions) {
    const [whole] = ranges;
    if (whole) module.known.add(`${whole.startOffset}:${whole.endOffset}`);
  }
  // Outer functions first. A function that did not run is not told of again, so that it is cut out of those around it.
  const places = [...module.known].map((place) => place.split(":").map(Number));
  for (const { ranges } of functions) {
    const [whole] = ranges;
    if (!whole) continue;
    for (const { startOffset, endOffset, count } of ranges) {
      ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    for (const [start = 0, end = 0] of places) {
      const isInside = start >= whole.startOffset && end <= whole.endOffset;
      if (isInside && end - start < whole.endOffset - whole.startOffset) ran.fill(0, start, end);
    }
    if (keep && whole.count > 0) module.functions.add(`${whole.startOffset}:${whole.endOffset}`);
  }
  let isNew = false;
  for (let i = 0; i < ran.length; i++) {
    if (ran[i] === 1 && module.reached[i] === 0) {
      if (keep) module.reached[i] = 1;
      isNew = true;
    }
  }
  return isNew;
}
