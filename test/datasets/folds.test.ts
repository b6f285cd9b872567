import fc from "fast-check";
import { expect, test } from "vitest";
import { assignFolds, assignGroupFolds } from "../../datasets/folds.js";
import type { SplitItem } from "../../datasets/split-units.js";
import { sha256 } from "../../src/core/digest.js";

function clips(labels: number, groups: number, clipsOfGroup: number): SplitItem[] {
  const items: SplitItem[] = [];
  for (let l = 0; l < labels; l++) {
    for (let g = 0; g < groups; g++) {
      for (let c = 0; c < clipsOfGroup; c++) {
        items.push({ label: `l${l}`, group: `l${l}/g${g}`, digest: sha256(`${l}/${g}/${c}`) });
      }
    }
  }
  return items;
}

test("classes are dealt out evenly, groups whole, whatever the order of the clips", () => {
  const items = clips(4, 6, 3);
  const folds = assignFolds(items, { folds: 3, seed: 1 });
  const counts = new Map<string, number>();
  for (const [index, { label }] of items.entries()) {
    const key = `${label} in ${folds[index]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual(new Array(12).fill(6));
  const reversed = assignFolds([...items].reverse(), { folds: 3, seed: 1 });
  expect(reversed.reverse()).toEqual(folds);
  expect(assignFolds(items, { folds: 3, seed: 2 })).not.toEqual(folds);
});

test("no group and no content is in two folds, no fold is empty, no class is held out whole", () => {
  const item = fc.record({
    label: fc.constantFrom("a", "b", "c"),
    group: fc.integer({ min: 0, max: 8 }).map((g) => `g${g}`),
    digest: fc.integer({ min: 0, max: 40 }).map((d) => sha256(String(d))),
  });
  fc.assert(
    fc.property(fc.array(item, { minLength: 2, maxLength: 40 }), fc.integer(), (items, seed) => {
      let folds: number[];
      try {
        folds = assignFolds(items, { folds: 3, seed });
      } catch (error) {
        expect((error as { code: string }).code).toMatch(/ERR_USAGE|ERR_DATASET_INVALID/);
        return;
      }
      for (const [i, a] of items.entries()) {
        for (const [j, b] of items.entries()) {
          if (a.group === b.group || a.digest === b.digest) expect(folds[i]).toBe(folds[j]);
        }
      }
      expect(new Set(folds).size).toBe(3);
      for (const label of ["a", "b", "c"]) {
        const own = folds.filter((_, index) => items[index]!.label === label);
        if (own.length > 0) expect(new Set(own).size).toBeGreaterThan(1);
      }
    }),
  );
});

test("says which class has too few groups, and when there are too few for the folds", () => {
  const single = [...clips(2, 3, 2), { label: "alone", group: "one", digest: sha256("alone") }];
  expect(() => assignFolds(single, { folds: 3, seed: 1 })).toThrow(/alone are of one group/);
  expect(() => assignFolds(clips(1, 2, 5), { folds: 3, seed: 1 })).toThrow(/too few for 3 folds/);
  expect(() => assignFolds(clips(1, 2, 5), { folds: 1, seed: 1 })).toThrow(/from 2 on/);
});

test("each group is left out in turn, with what shares content with it; a video's parts are a group", () => {
  const item = (digest: string, label: string, more: Partial<SplitItem> = {}): SplitItem => ({
    digest: sha256(digest),
    label,
    ...more,
  });
  const items = [
    item("1", "walk", { group: "anna" }),
    item("2", "run", { group: "anna" }),
    item("3", "walk", { group: "ben" }),
    item("1", "walk", { group: "ben" }),
    item("4", "walk", { content: sha256("video") }),
    item("5", "run", { content: sha256("video") }),
    item("6", "run"),
  ];
  expect(assignGroupFolds(items)).toEqual([0, 0, 0, 0, 1, 1, 2]);
});

test("a class that only one group has cannot be left out", () => {
  const grouped = ["anna", "ben"].map((group, index) => ({
    digest: sha256(group),
    label: index === 0 ? "walk" : "run",
    group,
  }));
  expect(() => assignGroupFolds(grouped)).toThrow(
    expect.objectContaining({ code: "ERR_DATASET_INVALID" }),
  );
  expect(() => assignGroupFolds(grouped.slice(0, 1))).toThrow(/one group/);
});
