import type { Split } from "./dataset.js";

/** A clip to be put on a side. */
export interface SplitItem {
  /** What it is known by: SHA-256 of its content; of a part of a video, of the video's content and the span. */
  readonly digest: string;
  /** SHA-256 of the whole video's content, of a part of one. Default: `digest`. */
  readonly content?: string;
  readonly label: string;
  readonly group?: string;
  readonly split?: Split;
  /** The side it was on before, which it keeps, whatever the data set says. */
  readonly side?: Split;
}

/** Clips that must stay together: of one group, of one content, or without a group and of one video. */
export interface Unit {
  /** The smallest digest among them. */
  readonly id: string;
  /** Indices of the items. */
  readonly members: readonly number[];
}

/** The clips in units that must stay together. */
export function unitsOf(items: readonly SplitItem[]): Unit[] {
  const parents = items.map((_, index) => index);
  const find = (index: number): number => {
    let root = index;
    while (parents[root] !== root) root = parents[root]!;
    for (let at = index; parents[at] !== root; ) [parents[at], at] = [root, parents[at]!];
    return root;
  };
  const firstOf = new Map<string, number>();
  for (const [index, { digest, content = digest, group }] of items.entries()) {
    const company = group === undefined ? `content ${content}` : `group ${group}`;
    for (const key of [`content ${digest}`, company]) {
      const first = firstOf.get(key);
      if (first === undefined) firstOf.set(key, index);
      else parents[find(index)] = find(first);
    }
  }
  const members = new Map<number, number[]>();
  for (const index of items.keys()) {
    const root = find(index);
    const list = members.get(root);
    if (list) list.push(index);
    else members.set(root, [index]);
  }
  return [...members.values()].map((list) => ({
    id: list.map((index) => items[index]!.digest).sort()[0]!,
    members: list,
  }));
}
