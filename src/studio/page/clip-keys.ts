/** What keys do in an open clip. */
export interface ClipKeys {
  readonly play: () => void;
  readonly step: (seconds: number) => void;
  readonly label: (index: number) => void;
  readonly confirm: () => void;
  readonly split: () => void;
  readonly edge: (end: "start" | "end") => void;
  readonly remove: () => void;
  readonly undo: () => void;
  readonly next: (by: 1 | -1) => void;
}

/** Seconds that an arrow goes, and with Shift. */
const [step, leap] = [0.1, 1];

/** The keys in words, for those who ask. */
export const keyWords: readonly (readonly [keys: string, what: string])[] = [
  ["Space", "play, pause"],
  ["← →", "0.1 s back, on; with Shift 1 s"],
  ["1 to 9", "label of the part at the position"],
  ["Enter", "that is right: keep it as it is"],
  ["s", "split the part at the position"],
  ["[ ]", "the part begins, ends at the position"],
  ["Delete", "remove the part at the position"],
  ["u", "undo"],
  ["n p", "next, previous clip"],
  ["Esc", "close"],
];

/** Does what a key stands for, unless something is written or a button has it. */
export function onClipKey(event: KeyboardEvent, keys: ClipKeys): void {
  const { key, target, shiftKey } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  const isButton = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  // A summary, too, opens and closes by them.
  const isSummary = target instanceof HTMLElement && target.tagName === "SUMMARY";
  if ((isButton || isSummary) && (key === " " || key === "Enter")) return;
  const seconds = shiftKey ? leap : step;
  const actions: Readonly<Record<string, () => void>> = {
    " ": keys.play,
    ArrowLeft: () => keys.step(-seconds),
    ArrowRight: () => keys.step(seconds),
    Enter: keys.confirm,
    s: keys.split,
    "[": () => keys.edge("start"),
    "]": () => keys.edge("end"),
    Delete: keys.remove,
    u: keys.undo,
    n: () => keys.next(1),
    p: () => keys.next(-1),
  };
  const action = /^[1-9]$/.test(key) ? () => keys.label(Number(key) - 1) : actions[key];
  if (!action) return;
  event.preventDefault();
  action();
}
