/** Things that wait, of which the least comes first. */
export interface WaitingQueue<T> {
  push(item: T): void;
  /** Takes the least out; undefined where none waits. */
  pop(): T | undefined;
}

/**
 * Opens a queue on a binary heap (Williams 1964).
 *
 * @param isBefore whether the first comes before the second
 */
export function openQueue<T>(isBefore: (a: T, b: T) => boolean): WaitingQueue<T> {
  const heap: T[] = [];
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j]!, heap[i]!];
  };
  return {
    push(item) {
      let place = heap.push(item) - 1;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(heap[place]!, heap[parent]!)) return;
        swap(place, parent);
        place = parent;
      }
    },
    pop() {
      const least = heap[0];
      const last = heap.pop();
      if (heap.length === 0) return least;
      heap[0] = last!;
      for (let place = 0; ; ) {
        const [left, right] = [2 * place + 1, 2 * place + 2];
        let next = place;
        if (left < heap.length && isBefore(heap[left]!, heap[next]!)) next = left;
        if (right < heap.length && isBefore(heap[right]!, heap[next]!)) next = right;
        if (next === place) return least;
        swap(place, next);
        place = next;
      }
    },
  };
}
