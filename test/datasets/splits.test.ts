import fc from "fast-check";
import { expect, test } from "vitest";
import type { Split } from "../../datasets/dataset.js";
import type { SplitItem } from "../../datasets/split-units.js";
import { assignSplits } from "../../datasets/splits.js";
import { sha256 } from "../../src/core/digest.js";
import { createRandom } from "../../src/core/random.js";

/** Clips of a class, each of another content. */
function clips(label: string, count: number, more: Partial<SplitItem> = {}): SplitItem[] {
  return Array.from({ length: count }, (_, index) => ({
    digest: sha256(`${label} ${more.group ?? ""} ${index}`),
    label,
    ...more,
  }));
}

/** How many clips of a label are in a part. */
function count(
  items: readonly SplitItem[],
  splits: readonly Split[],
  split: Split,
  label?: string,
): number {
  return items.filter(
    (item, index) => splits[index] === split && (label === undefined || item.label === label),
  ).length;
}

/** Few labels, groups and contents, so that clips share them in every way. */
const looseItem = fc.record(
  {
    digest: fc.nat(30).map((number) => sha256(String(number))),
    label: fc.constantFrom("a", "b", "c"),
    group: fc.constantFrom("g1", "g2", "g3", "g4", "g5", "g6"),
  },
  { requiredKeys: ["digest", "label"] },
);
const looseItems = fc.array(looseItem, { minLength: 1, maxLength: 40, size: "max" });
const anySeed = fc.nat(1000);

test("no group and no content is on two sides, and every class keeps a training clip", () => {
  let withTest = 0;
  fc.assert(
    fc.property(looseItems, anySeed, (items, seed) => {
      const { splits } = assignSplits(items, { seed });
      expect(splits).toHaveLength(items.length);
      const sides = new Map<string, Split>();
      for (const [index, { digest, group }] of items.entries()) {
        for (const key of [digest, group]) {
          if (key === undefined) continue;
          expect(sides.get(key) ?? splits[index]).toBe(splits[index]);
          sides.set(key, splits[index]!);
        }
      }
      for (const { label } of items) {
        expect(count(items, splits, "train", label)).toBeGreaterThan(0);
      }
      if (splits.includes("test")) withTest += 1;
    }),
    { numRuns: 300 },
  );
  // Were everything trained on, all of this would hold as well.
  expect(withTest).toBeGreaterThan(100);
});

test("the result does not depend on the order of the items", () => {
  fc.assert(
    fc.property(looseItems, anySeed, (items, seed) => {
      const order = createRandom(seed).shuffle([...items.keys()]);
      const { splits } = assignSplits(items, { seed });
      const shuffled = assignSplits(
        order.map((index) => items[index]!),
        { seed },
      );
      expect(shuffled.splits).toEqual(order.map((index) => splits[index]));
    }),
  );
});

test("nor do sums that rounding leaves beside zero", () => {
  // Two groups over six classes, each clip as class and group.
  const rows = "60 38 30 30 08 68 00 30 10 58 30 30 10 10 00 50 10 00 68 60 30".split(" ");
  const items = rows.map(
    ([label, group], index): SplitItem => ({
      digest: sha256(String(index)),
      label: label!,
      group: group!,
    }),
  );
  const forward = assignSplits(items, { seed: 1 }).splits;
  const backward = assignSplits(items.toReversed(), { seed: 1 }).splits;
  expect(backward.toReversed()).toEqual(forward);
});

test("the same seed gives the same parts, another seed others", () => {
  const items = [...clips("walk", 30), ...clips("run", 30)];
  const partOf = (seed: number, part: Split): number[] => {
    const { splits } = assignSplits(items, { seed });
    return [...items.keys()].filter((index) => splits[index] === part);
  };
  for (const part of ["test", "validation"] as const) {
    expect(partOf(1, part)).toEqual(partOf(1, part));
    expect(partOf(2, part)).not.toEqual(partOf(1, part));
  }
});

test("single clips are drawn equally from each class, 70/15/15", () => {
  const items = [...clips("walk", 100), ...clips("run", 40), ...clips("wave", 20)];
  const { splits, method, warnings } = assignSplits(items, { seed: 1 });
  expect(method).toBe("stratified");
  expect(warnings).toEqual([]);
  const parts = ["walk", "run", "wave"].map((label) =>
    (["train", "validation", "test"] as const).map((split) => count(items, splits, split, label)),
  );
  expect(parts).toEqual([
    [70, 15, 15],
    [28, 6, 6],
    [14, 3, 3],
  ]);
});

test("a ratio of one's own is kept; a part of none is left out", () => {
  const items = clips("walk", 40);
  const halves = assignSplits(items, { seed: 1, ratio: [0.5, 0, 0.5] }).splits;
  expect(count(items, halves, "test")).toBe(20);
  expect(count(items, halves, "validation")).toBe(0);
  const { splits, warnings } = assignSplits(items, { seed: 1, ratio: [0.75, 0.25, 0] });
  expect(count(items, splits, "validation")).toBe(10);
  expect(count(items, splits, "test")).toBe(0);
  expect(warnings).toEqual([]);
});

test("where groups are known, whole groups are drawn, of about the parts' sizes", () => {
  const items = Array.from({ length: 20 }, (_, group) =>
    ["walk", "run"].flatMap((label) => clips(label, 3, { group: `person ${group}` })),
  ).flat();
  const { splits, method } = assignSplits(items, { seed: 1 });
  expect(method).toBe("groups");
  // 3 of the 20 people each.
  expect(count(items, splits, "test")).toBe(18);
  expect(count(items, splits, "validation")).toBe(18);
});

test("copies of one content stay together, also under other labels and in other groups", () => {
  const items = [...clips("walk", 20), ...clips("run", 20)];
  const copies = items.slice(0, 10).map((item) => ({ ...item, label: "stroll" }));
  const bridged = copies.map((item, index) => ({ ...item, group: `person ${index % 5}` }));
  const all = [...items, ...bridged];
  const { splits } = assignSplits(all, { seed: 3 });
  for (const [index] of bridged.entries()) expect(splits[40 + index]).toBe(splits[index]);
  // Through a copy, a group reaches clips that do not bear its name.
  for (const index of [0, 1, 2, 3, 4]) expect(splits[index]).toBe(splits[index + 5]);
  expect(splits).toContain("test");
});

test("with fewer than 8 clips there is no test part, and it says so", () => {
  const seven = [...clips("walk", 4), ...clips("run", 3)];
  const few = assignSplits(seven, { seed: 1, ratio: [0.4, 0.2, 0.4] });
  expect(few.splits).not.toContain("test");
  expect(few.warnings).toEqual([expect.stringMatching(/fewer than 8 clips.*no test part/)]);
  const eight = assignSplits([...seven, ...clips("run", 1, { group: "h" })], {
    seed: 1,
    ratio: [0.4, 0.2, 0.4],
  });
  expect(eight.splits).toContain("test");
});

test("where all clips are one group, there is neither a test nor a validation part, and it says so", () => {
  const items = [...clips("walk", 10, { group: "anna" }), ...clips("run", 10, { group: "anna" })];
  const { splits, warnings } = assignSplits(items, { seed: 1 });
  expect(new Set(splits)).toEqual(new Set(["train"]));
  expect(warnings).toEqual([
    expect.stringContaining("test part"),
    expect.stringContaining("validation part"),
  ]);
});

test("a single clip a class is trained on", () => {
  const items = Array.from({ length: 12 }, (_, index) => clips(`class ${index}`, 1)).flat();
  expect(new Set(assignSplits(items, { seed: 1 }).splits)).toEqual(new Set(["train"]));
});

test("a split that is given is kept; validation is drawn from whole training groups", () => {
  const part = (split: Split, groups: readonly number[]): SplitItem[] =>
    groups.flatMap((group) =>
      ["walk", "run"].flatMap((label) => clips(label, 2, { group: `${label}/g${group}`, split })),
    );
  const items = [...part("test", [1, 2, 3]), ...part("train", [4, 5, 6, 7, 8, 9, 10, 11, 12, 13])];
  const { splits, method, warnings } = assignSplits(items, { seed: 1 });
  expect(method).toBe("given");
  expect(warnings).toEqual([]);
  for (const [index, { split }] of items.entries()) {
    expect(splits[index] === "test").toBe(split === "test");
  }
  const groupsIn = (split: Split): Set<string> =>
    new Set(items.filter((_, index) => splits[index] === split).map(({ group }) => group!));
  const trained = groupsIn("train");
  expect([...groupsIn("validation")].filter((group) => trained.has(group))).toEqual([]);
  // 15 of the 85 parts that are not test: 2 of each class's 10 groups.
  expect([...groupsIn("validation")].filter((group) => group.startsWith("walk"))).toHaveLength(2);
  expect([...groupsIn("validation")].filter((group) => group.startsWith("run"))).toHaveLength(2);
});

test("a split that is given whole is left as it is", () => {
  const splits: Split[] = ["test", "validation", "train", "train", "validation", "test"];
  const items = splits.map((split, index) => ({ ...clips("walk", 6)[index]!, split }));
  expect(assignSplits(items, { seed: 1 })).toEqual({ splits, method: "given", warnings: [] });
});

test("clips of no part are trained on where others have one", () => {
  const items = [...clips("walk", 20), ...clips("run", 4, { split: "test" })];
  const { splits } = assignSplits(items, { seed: 1, ratio: [0.85, 0, 0.15] });
  expect(splits.slice(0, 20)).toEqual(new Array(20).fill("train"));
  expect(splits.slice(20)).toEqual(new Array(4).fill("test"));
});

test("training copies of test clips are no validation clips, and are warned of", () => {
  const tested = clips("walk", 5, { split: "test" });
  const copies = tested.map((item) => ({ ...item, split: "train" as const }));
  const items = [...tested, ...copies, ...clips("run", 10, { split: "train" })];
  const { splits, warnings } = assignSplits(items, { seed: 1, ratio: [0.5, 0.5, 0] });
  expect(splits.slice(5, 10)).toEqual(new Array(5).fill("train"));
  expect(splits.slice(10)).toContain("validation");
  expect(warnings).toEqual([expect.stringMatching(/5 clips .*same content in test/)]);
});

test("what training and validation share is the data set's own affair", () => {
  const items = [
    ...clips("walk", 5, { split: "train" }),
    ...clips("walk", 5, { split: "validation" }),
  ];
  expect(assignSplits(items, { seed: 1 }).warnings).toEqual([]);
});

test("a given split that cuts through a group is warned of", () => {
  const items = [
    ...clips("walk", 2, { split: "test", group: "anna" }),
    ...clips("run", 2, { split: "train", group: "anna" }),
    ...clips("run", 20, { split: "train" }),
  ];
  expect(assignSplits(items, { seed: 1 }).warnings).toEqual([
    expect.stringMatching(/1 clips or groups of the same group in test/),
  ]);
});

/** Parts of some videos. */
const parts = (videos: number, each: number, more: Partial<SplitItem> = {}): SplitItem[] =>
  Array.from({ length: videos * each }, (_, index) => ({
    digest: sha256(`part ${index}`),
    content: sha256(`video ${Math.floor(index / each)}`),
    label: index % 2 === 0 ? "walk" : "run",
    ...more,
  }));

test("parts of one video stay together where they have no group; a group goes before the video", () => {
  const items = parts(20, 4);
  const { splits, method } = assignSplits(items, { seed: 1 });
  expect(method).toBe("groups");
  expect(count(items, splits, "test")).toBe(12);
  for (let i = 0; i < items.length; i += 4) {
    expect(new Set(splits.slice(i, i + 4)).size).toBe(1);
  }
  const people = items.map((item, index) => ({ ...item, group: `person ${index % 10}` }));
  const byPeople = assignSplits(people, { seed: 1 }).splits;
  for (let person = 0; person < 10; person++) {
    const own = byPeople.filter((_, index) => index % 10 === person);
    expect(new Set(own).size).toBe(1);
  }
  expect(new Set(byPeople.slice(0, 4)).size).toBeGreaterThan(1);
});

test("a whole video and its parts stay together", () => {
  const items = parts(12, 2);
  const whole = items
    .filter((_, index) => index % 2 === 0)
    .map(({ content, label }) => ({ digest: content!, label }));
  const all = [...items, ...whole];
  const { splits } = assignSplits(all, { seed: 2 });
  expect(splits).toContain("test");
  for (const [video] of whole.entries()) {
    expect(new Set([splits[2 * video], splits[2 * video + 1], splits[24 + video]]).size).toBe(1);
  }
});

test("at random, clips of a group are on several sides, and that is warned of", () => {
  const items = Array.from({ length: 10 }, (_, group) =>
    clips("walk", 4, { group: `person ${group}`, split: "train" }),
  ).flat();
  const { splits, method, warnings } = assignSplits(items, { seed: 1, way: "random" });
  expect(method).toBe("random");
  expect(warnings).toEqual([expect.stringContaining("look better than it is")]);
  expect(count(items, splits, "test")).toBe(6);
  const divided = [...Array(10).keys()].filter(
    (group) => new Set(splits.slice(4 * group, 4 * group + 4)).size > 1,
  );
  expect(divided.length).toBeGreaterThan(2);
  const ungrouped = assignSplits(clips("walk", 20), { seed: 1, way: "random" });
  expect(ungrouped).toMatchObject({ method: "stratified", warnings: [] });
});

test("by groups, a split of the data set's own is passed over; as official, it is kept", () => {
  const items = Array.from({ length: 20 }, (_, group) =>
    clips("walk", 2, { group: `person ${group}`, split: group < 1 ? "test" : "train" }),
  ).flat();
  const grouped = assignSplits(items, { seed: 1, way: "groups" });
  expect(grouped.method).toBe("groups");
  expect(count(items, grouped.splits, "test")).toBe(6);
  const official = assignSplits(items, { seed: 1, way: "official" });
  expect(official.method).toBe("given");
  expect(count(items, official.splits, "test")).toBe(2);
});

test("a way that the data do not allow is wrong usage", () => {
  for (const way of ["official", "groups"] as const) {
    expect(() => assignSplits(clips("walk", 20), { seed: 1, way })).toThrow(
      expect.objectContaining({ code: "ERR_USAGE", parameter: "split" }),
    );
  }
});

test("clips that were on a side before keep it, what belongs to them follows, and the rest is drawn by itself", () => {
  const known: SplitItem[] = [
    ...clips("a", 6, { group: "g1", side: "test" }),
    ...clips("a", 6, { group: "g2", side: "validation" }),
    // Split at random once: it is learned from in part, so that no more of it is judged by.
    ...clips("a", 1, { group: "g3", side: "test" }),
    ...clips("b", 1, { group: "g3", side: "train" }),
  ];
  const followers = ["g1", "g2", "g3"].flatMap((group) => clips("c", 2, { group }));
  const free = Array.from({ length: 20 }, (_, i) => clips("d", 2, { group: `new ${i}` })).flat();
  const items = [...known, ...followers, ...free];
  const { splits, warnings, method } = assignSplits(items, { seed: 1 });
  const sides = (part: readonly SplitItem[]) => part.map((item) => splits[items.indexOf(item)]);
  expect(sides(known)).toEqual(known.map(({ side }) => side));
  expect(sides(followers)).toEqual(["test", "test", "validation", "validation", "train", "train"]);
  expect(count(items, splits, "test", "d")).toBe(6);
  expect(count(items, splits, "validation", "d")).toBe(6);
  expect({ warnings, method }).toEqual({ warnings: [], method: "groups" });
});

test("few clips beside those that were on a side before do not make it say that nothing can be measured", () => {
  const known = [...clips("a", 4, { side: "test" }), ...clips("a", 3, { side: "validation" })];
  const { splits, warnings } = assignSplits([...known, ...clips("b", 1)], { seed: 1 });
  expect(splits.at(-1)).toBe("train");
  expect(warnings).toEqual([]);
  // A data set's own parts go before the company of old clips, but not before their sides.
  const own = [
    ...clips("a", 1, { side: "test", split: "train", group: "g" }),
    ...clips("b", 1, { split: "train", group: "g" }),
  ];
  expect(assignSplits(own, { seed: 1 }).splits).toEqual(["test", "train"]);
});
