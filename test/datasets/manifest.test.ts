import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Dataset } from "../../datasets/dataset.js";
import { type DatasetOptions, openDataset } from "../../datasets/open-dataset.js";
import { emptyFiles, fileTree } from "./file-tree.js";

/** Opens a manifest of this text, in a folder with clips a.mp4 to c.mp4. */
async function open(name: string, text: string, options?: DatasetOptions): Promise<Dataset> {
  const files = emptyFiles("clips/a.mp4", "clips/b.mp4", "clips/c.mp4");
  return openDataset(join(await fileTree({ ...files, [name]: text }), name), options);
}

/** What each row says, without its absolute path. */
function rowsOf({ items }: Dataset): object[] {
  return items.map(({ path: _, ...row }) => row);
}

test("a CSV table names path and label, and may name group and split", async () => {
  const dataset = await open(
    "set.csv",
    "path,label,group,split,remark\n" +
      "clips/a.mp4,walk,anna,train,fine\n" +
      "clips/b.mp4,run,,val,\n" +
      "clips/c.mp4,walk,carl,test,\n",
  );
  expect(dataset.classes).toEqual(["run", "walk"]);
  expect(rowsOf(dataset)).toEqual([
    { name: "clips/a.mp4", label: "walk", group: "anna", split: "train" },
    { name: "clips/b.mp4", label: "run", split: "validation" },
    { name: "clips/c.mp4", label: "walk", group: "carl", split: "test" },
  ]);
  expect(dataset.warnings).toEqual([]);
});

test("quotes, commas, line breaks in fields, a byte order mark, CRLF and empty lines are read as RFC 4180 says", async () => {
  const dataset = await open(
    "set.csv",
    '\uFEFFlabel,path\r\n"walk, then ""run""",clips/a.mp4\r\n\r\n"two\r\nlines","clips/b.mp4"\r\n',
  );
  expect(rowsOf(dataset)).toEqual([
    { name: "clips/a.mp4", label: 'walk, then "run"' },
    { name: "clips/b.mp4", label: "two\r\nlines" },
  ]);
  expect(dataset.warnings).toEqual([]);
});

test("in a TSV table quotes and commas are ordinary characters", async () => {
  const dataset = await open("set.tsv", 'path\tlabel\nclips/a.mp4\t"walk", slowly\n');
  expect(rowsOf(dataset)).toEqual([{ name: "clips/a.mp4", label: '"walk", slowly' }]);
});

test("JSON lines may leave fields out, and labels may be numbers", async () => {
  const dataset = await open(
    "set.jsonl",
    '\uFEFF{"path":"clips/a.mp4","label":"walk","split":"test"}\r\n\n{"label":0,"path":"clips/b.mp4","group":null}',
  );
  expect(rowsOf(dataset)).toEqual([
    { name: "clips/a.mp4", label: "walk", split: "test" },
    { name: "clips/b.mp4", label: "0" },
  ]);
});

test("columns of other names are renamed", async () => {
  const dataset = await open(
    "set.csv",
    "clip,class,split1,path,label\nclips/a.mp4,walk,test,other,other\n",
    { columns: { path: "clip", label: "class", split: "split1" } },
  );
  expect(rowsOf(dataset)).toEqual([{ name: "clips/a.mp4", label: "walk", split: "test" }]);
});

test("a column that is not known cannot be renamed", async () => {
  await expect(
    open("set.csv", "path,label\na.mp4,walk\n", { columns: { file: "path" } }),
  ).rejects.toMatchObject({ code: "ERR_USAGE", message: expect.stringContaining('"file"') });
});

test("paths are absolute, or relative to the manifest's folder", async () => {
  const root = await fileTree(emptyFiles("clips/a.mp4", "b.mp4"));
  const lists = await fileTree({
    "lists/set.csv": `path,label\n${join(root, "b.mp4")},walk\n../c.mp4,walk\n`,
    "c.mp4": "",
  });
  const { items, warnings } = await openDataset(join(lists, "lists", "set.csv"));
  expect(items.map(({ path }) => path)).toEqual([join(root, "b.mp4"), join(lists, "c.mp4")]);
  expect(warnings).toEqual([]);
});

test("the directory of images:DIR is absolute or relative to the manifest's folder as well", async () => {
  const files = emptyFiles("shots/1/a.png", "set.csv");
  const root = await fileTree(files);
  const absolute = join(root, "shots", "1");
  const path = join(root, "set.csv");
  const rows = [`images:shots/1?fps=5,walk`, `images:${absolute},run`, "images:shots/2,run"];
  await writeFile(path, ["path,label", ...rows, ""].join("\n"));
  const { items, warnings } = await openDataset(path);
  expect(items.map((item) => item.path)).toEqual([
    `images:${absolute}?fps=5`,
    `images:${absolute}`,
    `images:${join(root, "shots", "2")}`,
  ]);
  expect(warnings).toEqual(["1 of 3 files are missing, the first: images:shots/2"]);
});

test("a group is taken from a file's name where the table has none", async () => {
  const { items } = await open(
    "set.csv",
    "path,label,group\n" +
      "x/v_Lunges_g05_c01.avi,Lunges,\n" +
      "x/v_Lunges_g06_c01.avi,Lunges,anna\n" +
      "x_g07_y/clip.avi,Lunges,\n",
  );
  expect(items.map(({ group }) => group)).toEqual(["Lunges/g05", "anna", undefined]);
});

test("files that are missing are kept and warned of", async () => {
  const { items, warnings } = await open(
    "set.csv",
    "path,label\nclips/a.mp4,walk\nclips/x.mp4,walk\nclips/y.mp4,run\n",
  );
  expect(items).toHaveLength(3);
  expect(warnings).toEqual(["2 of 3 files are missing, the first: clips/x.mp4"]);
});

test.each<[what: string, name: string, text: string, says: RegExp]>([
  ["a missing label", "set.csv", "path,label\na.mp4,walk\nb.mp4,\n", /row 2 .*"label"/],
  ["a missing path", "set.csv", "path,label\na.mp4,walk\nb.mp4,run\n,run\n", /row 3 .*"path"/],
  ["a table without a label column", "set.csv", "path,class\na.mp4,walk\n", /row 1 .*"label"/],
  ["an unknown split", "set.csv", "path,label,split\na.mp4,walk,dev\n", /row 1 .*"dev".*train/],
  [
    "a split of every object's name",
    "set.csv",
    "path,label,split\na.mp4,walk,constructor\n",
    /row 1 .*"constructor"/,
  ],
  [
    "a start that is no number of seconds",
    "set.csv",
    "path,label,start,end\na.mp4,walk,,\nb.mp4,walk,0:01.5,\n",
    /row 2 .*"0:01.5".*"start".*seconds/,
  ],
  ["a start before the video", "set.csv", "path,label,start\na.mp4,walk,-1\n", /row 1 .*"start"/],
  ["an end of no number", "set.jsonl", '{"path":"a.mp4","label":"a","end":"Infinity"}', /"end"/],
  [
    "a part that ends before it starts",
    "set.csv",
    "path,label,start,end\na.mp4,walk,3,2\n",
    /row 1 ends at 2 s.*start at 3 s/,
  ],
  ["a row of another length", "set.csv", "path,label\na.mp4,walk\nb.mp4\n", /line 3/],
  ["a quote that is not closed", "set.csv", 'path,label\n"a.mp4,walk\n', /[Qq]uote/],
  ["a heading only", "set.csv", "path,label\n", /no labelled videos/],
  ["an empty file", "set.csv", "", /no labelled videos/],
  ["a label that is a list", "set.jsonl", '{"path":"a.mp4","label":["walk"]}', /row 1 .*"label"/],
  ["a line that is no JSON", "set.jsonl", '{"path":"a.mp4","label":"walk"}\n{', /line 2/],
  ["a line that is no object", "set.jsonl", '["a.mp4","walk"]', /line 1/],
  ["a field twice", "set.jsonl", '{"path":"a","label":"x","label":"y"}', /line 1 .*"label".*twice/],
  ["a column twice", "set.csv", "path,label,label\na.mp4,x,y\n", /the column "label" twice/],
  [
    "pictures of no rate",
    "set.csv",
    "path,label\nimages:d?fps=0,x\n",
    /row 1 has a path that is none/,
  ],
  // Such a path would keep the search for its group busy for minutes.
  [
    "an endless path",
    "set.csv",
    `path,label\n${"_g1".repeat(9000)}/,x\n`,
    /row 1 .*27001 characters/,
  ],
])("%s is refused, and where it is, is said", async (_, name, text, says) => {
  await expect(open(name, text)).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(says),
    path: expect.stringContaining(name),
  });
});

test("start and end make a row a part of its video; without them it is all of it", async () => {
  const dataset = await open(
    "set.csv",
    "path,label,from,end\nclips/a.mp4,walk,0,1.25\nclips/a.mp4,run,1.25,\nclips/a.mp4,all,,\nclips/b.mp4,walk,,2\n",
    { columns: { start: "from" } },
  );
  expect(rowsOf(dataset)).toEqual([
    { name: "clips/a.mp4#t=0,1.25", label: "walk", span: { start: 0, end: 1.25 } },
    { name: "clips/a.mp4#t=1.25", label: "run", span: { start: 1.25 } },
    { name: "clips/a.mp4", label: "all" },
    { name: "clips/b.mp4#t=,2", label: "walk", span: { end: 2 } },
  ]);
  expect(dataset.warnings).toEqual([]);
});

test("a column that is not read may be there twice", async () => {
  const { items } = await open("set.csv", "path,label,x,x\nclips/a.mp4,walk,1,2\n");
  expect(items).toHaveLength(1);
});

test("the column that is missed is named as the user named it", async () => {
  await expect(
    open("set.csv", "path,label\na.mp4,walk\n", { columns: { label: "class" } }),
  ).rejects.toMatchObject({
    code: "ERR_DATASET_INVALID",
    message: expect.stringMatching(/row 1 .*"class"/),
  });
});
