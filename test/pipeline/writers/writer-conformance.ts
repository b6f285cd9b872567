import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LabelResult } from "../../../src/pipeline/label-result.js";
import { openResultWriter } from "../../../src/pipeline/writers/open-result-writer.js";
import type {
  ResultFormatName,
  ResultOrigin,
} from "../../../src/pipeline/writers/result-writer.js";
import { temporaryDirectory } from "../../core/temporary-directory.js";
import { origin, results } from "./awkward-results.js";

/** What the suite needs to know of a format. */
export interface WriterCase {
  readonly format: ResultFormatName;
  /** Where the results of a batch go, in a directory. */
  readonly out: (directory: string) => string;
  /** All text of an output, in the order of the results. */
  readonly texts: (out: string, count: number) => Promise<string[]>;
  /** Path, label (or error code) and segments of each result, read by means other than our own. */
  readonly read: (texts: readonly string[]) => ReadResult[];
}

/** What a reader finds of one result; absent what the format does not hold. */
export interface ReadResult {
  readonly path?: string;
  readonly label?: string;
  readonly error?: string;
  readonly segments?: readonly {
    readonly start: number;
    readonly end: number;
    readonly label: string;
  }[];
}

const nameOutputs = (paths: readonly string[]): string[] => paths.map((_, i) => `${i}/name`);

/** Writes results as a batch does: asks for each input, then writes what is wanted. Returns what was. */
export async function writeAll(
  format: ResultFormatName,
  out: string,
  all: readonly LabelResult[],
  resume?: ResultOrigin,
): Promise<LabelResult[]> {
  const paths = all.map(({ path }) => path);
  const options = { paths, nameOutputs, ...(resume ? { resume } : {}) };
  const writer = await openResultWriter(format, out, options);
  const wanted: LabelResult[] = [];
  for (const result of all) if (await writer.wants(result.path)) wanted.push(result);
  for (const result of wanted) await writer.write(result);
  await writer.close();
  return wanted;
}

/** What holds of every writer. */
export function describeWriter({ format, out, texts, read }: WriterCase): void {
  describe(format, () => {
    test("what was written is read by others as it was meant, odd characters included", async () => {
      const target = out(await temporaryDirectory());
      await writeAll(format, target, results);
      const found = read(await texts(target, results.length));
      expect(found).toHaveLength(results.length);
      found.forEach((seen, i) => {
        const meant = results[i]!;
        if (seen.path !== undefined) expect(seen.path).toBe(meant.path);
        if ("error" in meant) {
          expect(seen).toMatchObject({ error: meant.error.code });
          expect(seen.label).toBeUndefined();
        } else {
          expect(seen.error).toBeUndefined();
          if (seen.label !== undefined) expect(seen.label).toBe(meant.label);
          const expected = meant.segments.map(({ start, end, label }) => ({ start, end, label }));
          if (seen.segments && expected.length > 1) expect(seen.segments).toEqual(expected);
        }
      });
    });

    test("an output that is complete wants nothing more, and stays byte by byte what it is", async () => {
      const target = out(await temporaryDirectory());
      await writeAll(format, target, results);
      const before = await texts(target, results.length);
      expect(await writeAll(format, target, results, origin)).toEqual([]);
      expect(await texts(target, results.length)).toEqual(before);
    });

    test("what a stopped batch left out is added, what it wrote is kept, the same path twice is two results", async () => {
      const target = out(await temporaryDirectory());
      const whole = out(await temporaryDirectory());
      await writeAll(format, whole, results);
      const writer = await openResultWriter(format, target, {
        paths: results.map(({ path }) => path),
        nameOutputs,
      });
      for (const { path } of results) await writer.wants(path);
      for (const result of results.slice(0, 3)) await writer.write(result);
      await writer.close();
      expect(await writeAll(format, target, results, origin)).toEqual(results.slice(3));
      expect(await texts(target, results.length)).toEqual(await texts(whole, results.length));
    });

    test("without resume what was there is replaced; with it, what is missing is begun", async () => {
      const target = out(await temporaryDirectory());
      expect(await writeAll(format, target, results, origin)).toEqual(results);
      const before = await texts(target, results.length);
      expect(await writeAll(format, target, results)).toEqual(results);
      expect(await texts(target, results.length)).toEqual(before);
    });

    test.each([
      ["another model", { ...origin, model: "f".repeat(64) }, /another model/],
      ["other options", { ...origin, options: "0".repeat(16) }, /other options/],
    ])(
      "results of %s are not mixed with these: ERR_USAGE, nothing is changed",
      async (_, now, why) => {
        const target = out(await temporaryDirectory());
        await writeAll(format, target, results);
        const before = await texts(target, results.length);
        await expect(writeAll(format, target, results, now)).rejects.toMatchObject({
          code: "ERR_USAGE",
          parameter: "out",
          message: expect.stringMatching(why),
        });
        expect(await texts(target, results.length)).toEqual(before);
      },
    );

    test("a place that cannot be written is told", async () => {
      const directory = await temporaryDirectory();
      await writeFile(join(directory, "file"), "");
      await expect(writeAll(format, join(directory, "file", "out"), results)).rejects.toMatchObject(
        {
          code: "ERR_USAGE",
          parameter: "out",
        },
      );
      await expect(writeAll(format, join(directory, "file", "out"), results)).rejects.toThrow(
        /written/,
      );
    });
  });
}

/** Text of one file. */
export async function textOf(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  return (await stat(path).catch(() => undefined)) ? readFile(path, "utf8") : "";
}
