import { isAbsolute, join } from "node:path";
import { expect, test } from "vitest";
import { checkDataset } from "../../datasets/check-dataset.js";
import { type DatasetOptions, openDataset } from "../../datasets/open-dataset.js";
import { fileTree } from "./file-tree.js";

/** A layout of labelled videos, and what is to be found in it. */
export interface Layout {
  /** The files below a directory: two classes at least. */
  readonly files: Readonly<Record<string, string>>;
  /** The name of the data set in that directory. */
  readonly nameIn: (root: string) => string;
  readonly options?: (root: string) => DatasetOptions;
  readonly classes: readonly string[];
  /** Items, and how many of them have what an item may have. */
  readonly counts: {
    readonly items: number;
    readonly spans: number;
    readonly groups: number;
    readonly splits: number;
  };
  /** The prefix of its name, if it has one. */
  readonly prefix?: string;
}

/** What holds of every data set, however it is laid out. */
export function describeAdapter(layout: Layout): void {
  const open = async (files = layout.files) => {
    const root = await fileTree(files);
    const options = layout.options?.(root) ?? {};
    return { root, dataset: await openDataset(layout.nameIn(root), options) };
  };

  test("its classes, and what its items have, are as laid out", async () => {
    const { dataset } = await open();
    const count = (field: "span" | "group" | "split"): number =>
      dataset.items.filter((item) => item[field] !== undefined).length;
    expect(dataset.classes).toEqual(layout.classes);
    expect({
      items: dataset.items.length,
      spans: count("span"),
      groups: count("group"),
      splits: count("split"),
    }).toEqual(layout.counts);
  });

  test("items have absolute paths and names of their own; spans are in the names and have a length", async () => {
    const { dataset } = await open();
    for (const { path, name, span, label } of dataset.items) {
      expect(isAbsolute(path)).toBe(true);
      expect(dataset.classes).toContain(label);
      expect(name.includes("#t=")).toBe(span !== undefined);
      expect(path).not.toContain("#t=");
      if (span) expect(span.end ?? Number.POSITIVE_INFINITY).toBeGreaterThan(span.start ?? 0);
    }
    expect(new Set(dataset.items.map(({ name }) => name)).size).toBe(dataset.items.length);
  });

  test("it reads the same whichever file the directory lists first", async () => {
    const { root, dataset } = await open();
    const turned = await open(Object.fromEntries(Object.entries(layout.files).reverse()));
    const relative = (from: string, { items }: typeof dataset): object[] =>
      items.map((item) => ({ ...item, path: item.path.slice(from.length) }));
    expect(relative(turned.root, turned.dataset)).toEqual(relative(root, dataset));
  });

  test("its parts share no group and no video", async () => {
    const { dataset } = await open();
    const { findings } = await checkDataset(dataset, {
      probe: async () => ({ duration: 1000 }),
      digest: async (path) => path,
    });
    // A layout in small need not have all classes in all parts.
    const leaks = findings.filter(({ message }) => /different parts|^the group/.test(message));
    expect(leaks).toEqual([]);
  });

  test("a place that is not there is told with its path", async () => {
    const nowhere = join(await fileTree({}), "nowhere");
    await expect(openDataset(layout.nameIn(nowhere))).rejects.toMatchObject({
      code: "ERR_FILE_NOT_FOUND",
      path: expect.stringContaining(nowhere),
    });
  });

  const { prefix } = layout;
  test.skipIf(prefix === undefined)("an option that it has no use for is refused", async () => {
    const root = await fileTree(layout.files);
    const options = { columns: { path: "clip" } };
    await expect(openDataset(layout.nameIn(root), options)).rejects.toMatchObject({
      code: "ERR_USAGE",
      parameter: "columns",
    });
  });
}
