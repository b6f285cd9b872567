/** Vectors that come bit by bit, kept in one array. */
export interface GrowingVectors {
  /** Adds values behind those that are there. */
  append(values: Float32Array): void;
  /** All values; valid until more are added. */
  all(): Float32Array;
}

/** Values there is room for at first: 64 vectors of the usual CNN. */
const firstRoom = 64 * 1280;

/**
 * Part of the room that is added when it is used up. Pages that hold nothing yet take no memory, so that only what
 * is copied counts.
 */
const growth = 0.5;

/**
 * Opens an empty array that grows. A list of arrays joined at the end would hold all of them twice, which for some
 * hours of video is much.
 */
export function growVectors(): GrowingVectors {
  let room = new Float32Array(firstRoom);
  let used = 0;
  return {
    append(values) {
      const needed = used + values.length;
      if (needed > room.length) {
        const larger = new Float32Array(Math.max(needed, Math.ceil(room.length * (1 + growth))));
        larger.set(room.subarray(0, used));
        room = larger;
      }
      room.set(values, used);
      used = needed;
    },
    all: () => room.subarray(0, used),
  };
}
