import { cpus } from "node:os";
import type { ContentStore } from "../core/content-store.js";
import type { CnnChoice } from "./cnn-choice.js";
import { resolveCnn } from "./resolve-cnn.js";

/** How fast a network is in both precisions, in milliseconds a frame. */
export interface Int8Speed {
  readonly float32: number;
  readonly int8: number;
}

/** Frames computed at once. One is enough: more at once take as long each. */
const frames = 1;

/** Times that each is timed, in turn; the fastest counts. */
const rounds = 4;

/**
 * Times a network in int8 against float32 on this computer's processor, which takes some tenths of a second. What was
 * found is kept in the store, by processor and network.
 *
 * @param choice with the precision int8 and known ranges
 * @param options `anew`: measure, whatever is known
 * @throws MuybridgeError as `openFeatureExtractor`.
 */
export async function int8Speed(
  choice: CnnChoice,
  store: ContentStore,
  { anew = false }: { readonly anew?: boolean } = {},
): Promise<Int8Speed> {
  const { digest } = await resolveCnn(choice);
  const key = `cnn-speed:${process.arch}:${cpus()[0]?.model ?? ""}:${digest}`;
  const known = anew ? undefined : await store.metadata(key).catch(() => undefined);
  if (known) return known as Int8Speed;
  // Late, since a run with float32 alone never times anything.
  const { openFeatureExtractor } = await import("./open-feature-extractor.js");
  const { ranges: _, ...same } = choice;
  await using float32 = await openFeatureExtractor(choice.cnn, {
    ...same,
    precision: "float32",
    store,
  });
  await using int8 = await openFeatureExtractor(choice.cnn, { ...choice, store });
  const pixels = new Uint8Array(frames * float32.inputSize ** 2 * 3);
  const best = { float32: Number.POSITIVE_INFINITY, int8: Number.POSITIVE_INFINITY };
  for (let round = 0; round < rounds; round++) {
    for (const [precision, extractor] of Object.entries({ float32, int8 })) {
      const began = performance.now();
      await extractor.extract(pixels, frames);
      const elapsed = (performance.now() - began) / frames;
      const kind = precision as keyof Int8Speed;
      // The first round also allocates memory.
      if (round > 0) best[kind] = Math.min(best[kind], elapsed);
    }
  }
  await store.put(key, "", best).catch(() => undefined);
  return best;
}
