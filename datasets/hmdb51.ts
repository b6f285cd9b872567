import { join, relative, resolve, sep } from "node:path";
import { MuybridgeError } from "../src/core/errors.js";
import { listVideoFiles } from "../src/frames/video-files.js";
import { type AdapterOptions, checkFold, checkGroupBy, type DatasetAdapter } from "./adapter.js";
import { createDataset, type Dataset, type DatasetItem, type Split } from "./dataset.js";
import { groupBy } from "./group-items.js";
import { linesOf, readListIn } from "./official-lists.js";

/** What clips of HMDB51 can be grouped by. */
const groupings = ["source", "camera"] as const;

/**
 * HMDB51 (Kuehne, Jhuang, Garrote, Poggio & Serre 2011): folders of classes, and the official lists
 * `<class>_test_splitN.txt`, whose lines are a file and 1 (training), 2 (test) or 0 (in neither part of this split).
 * Those files and classes that exist are used; clips of code 0 are left out, as in the published figures.
 */
export const hmdb51: DatasetAdapter = {
  prefix: "hmdb51",
  place: "directory",
  options: ["fold", "lists", "groupBy"],
  open: openHmdb51,
};

/** The folder of the lists, as their archive unpacks. */
const listsFolder = "testTrainMulti_7030_splits";

/** The codes of the lists; 0 stands for neither part. */
const codes: Readonly<Record<string, Split | null>> = { "0": null, "1": "train", "2": "test" };

async function openHmdb51(
  directory: string,
  { fold = 1, lists, groupBy: way }: AdapterOptions,
): Promise<Dataset> {
  checkFold("HMDB51", fold);
  const grouping = checkGroupBy("HMDB51", groupings, way);
  const candidates = lists ? [lists] : [join(directory, listsFolder), directory];
  const root = resolve(directory);
  const inFolders = (await listVideoFiles(root)).filter((path) =>
    relative(root, path).includes(sep),
  );
  const byClass = groupBy(inFolders, (path) => relative(root, path).split(sep)[0]!);
  const items: DatasetItem[] = [];
  let unused = 0;
  let unlisted = 0;
  for (const [label, paths] of byClass) {
    const splits = await readSplits(candidates, label, fold);
    for (const path of paths) {
      const file = path.slice(path.lastIndexOf(sep) + 1);
      const split = splits.get(stem(file));
      if (split === undefined) unlisted += 1;
      if (split === null) unused += 1;
      if (!split) continue;
      const group = groupOf(stem(file), label)[grouping];
      const name = relative(root, path).split(sep).join("/");
      items.push({ path, name, label, split, ...(group === undefined ? {} : { group }) });
    }
  }
  const tell = (count: number, where: string): string[] =>
    count > 0 ? [`${count} videos are in ${where} and left out.`] : [];
  return createDataset(`hmdb51:${directory}`, items, [
    ...tell(unused, `neither part of split ${fold} (code 0)`),
    ...tell(unlisted, "none of the official lists"),
  ]);
}

/** A file's name without its extension: clips are often encoded anew, while the lists say .avi. */
function stem(file: string): string {
  return file.replace(/\.[^.]*$/, "");
}

async function readSplits(
  candidates: readonly string[],
  label: string,
  fold: number,
): Promise<Map<string, Split | null>> {
  const name = `${label}_test_split${fold}.txt`;
  const splits = new Map<string, Split | null>();
  for (const [index, line] of linesOf(await readListIn(candidates, name)).entries()) {
    const [file = "", code = ""] = line.split(/\s+/);
    const split = Object.hasOwn(codes, code) ? codes[code] : undefined;
    if (split === undefined) {
      throw new MuybridgeError(
        "ERR_DATASET_INVALID",
        `Line ${index + 1} of the official list ${name} is not a file and 0, 1 or 2: "${line.slice(0, 100)}".`,
        { path: name },
      );
    }
    splits.set(stem(file), split);
  }
  return splits;
}

/**
 * The groups in a name like `April_09_brush_hair_u_nm_np1_ba_goo_0`: the source before the class, within the class,
 * and whether the camera moves (cm) or not (nm). The properties are: visible body part, camera motion, number of
 * people, camera viewpoint, quality of the video, and the clip's number within its source.
 */
function groupOf(
  name: string,
  label: string,
): Readonly<Record<(typeof groupings)[number], string | undefined>> {
  const match = /^(.*)_[a-z]_(cm|nm)_np\w*_[a-z]+_[a-z]+_\d+$/.exec(name);
  if (!match) return { source: undefined, camera: undefined };
  const [, before = "", motion] = match;
  const source = before.endsWith(`_${label}`) ? before.slice(0, -label.length - 1) : before;
  return {
    source: `${label}/${source}`,
    camera: motion === "cm" ? "moving camera" : "still camera",
  };
}
