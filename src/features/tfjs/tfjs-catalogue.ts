import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MobileNetAlpha, MobileNetVersion } from "@tensorflow-models/mobilenet";
import { defaultCacheDirectory } from "../../core/cache-directory.js";
import type { CatalogueEntry } from "../catalogue-entry.js";
import {
  type MobilenetVariant,
  mobilenetEmbeddings,
  mobilenetInputSize,
} from "./mobilenet-variant.js";

/** A MobileNet trained on ImageNet that @tensorflow-models/mobilenet knows an address of. */
export interface PublishedMobilenet {
  readonly version: MobileNetVersion;
  readonly alpha: MobileNetAlpha;
  /** The address in that package; model.json is below it. */
  readonly url: string;
}

const published = (
  version: MobileNetVersion,
  alpha: MobileNetAlpha,
  revision: number,
): PublishedMobilenet => {
  const width = String(Math.round(alpha * 100)).padStart(3, "0");
  const model = `mobilenet_v${version}_${width}_${mobilenetInputSize}`;
  return {
    version,
    alpha,
    url: `https://tfhub.dev/google/imagenet/${model}/classification/${revision}`,
  };
};

/** All of them. */
export const publishedMobilenets: readonly PublishedMobilenet[] = [
  ...([0.25, 0.5, 0.75, 1] as const).map((alpha) => published(1, alpha, 1)),
  ...([0.5, 0.75, 1] as const).map((alpha) => published(2, alpha, 2)),
];

/** Levels of pixels as these networks take them. */
const inputRange = [0, 1] as const;

function nameOf({ version, alpha }: PublishedMobilenet): string {
  const width = Number.isInteger(alpha) ? alpha.toFixed(1) : String(alpha);
  return `tfjs-mobilenet-v${version}-${width}-imagenet`;
}

/** Values of the last convolution: MobileNetV2 keeps 1280 of them at every width up to 1. */
function dimensionOf({ version, alpha }: PublishedMobilenet): number {
  return version === 2 ? 1280 : 1024 * alpha;
}

function entryOf(network: PublishedMobilenet): CatalogueEntry {
  const name = nameOf(network);
  const { version, alpha, url } = network;
  const directory = (): string => join(defaultCacheDirectory(), "cnn", name);
  const fetched = async (): Promise<string> => {
    const { fetchModelJson } = await import("./fetch-model-json.js");
    return fetchModelJson({ name, url, directory: directory() });
  };
  return {
    name,
    description: `MobileNetV${version} ${alpha.toFixed(2)} of TensorFlow.js, trained on ImageNet`,
    licence: "Apache-2.0",
    homepage: "https://www.npmjs.com/package/@tensorflow-models/mobilenet",
    verified: false,
    dimension: dimensionOf(network),
    format: "tfjs",
    layer: mobilenetEmbeddings[version],
    preprocessing: {
      inputSize: mobilenetInputSize,
      channels: "rgb",
      scale: 1 / 255,
      mean: [0, 0, 0],
      deviation: [1, 1, 1],
      layout: "nhwc",
    },
    source: {
      locate: () => join(directory(), "model.json"),
      read: async () => readFile(await fetched()),
      async digest() {
        const { digestOfModelJson } = await import("./model-json.js");
        return digestOfModelJson(await fetched());
      },
    },
  };
}

/** The networks of @tensorflow-models/mobilenet, for the catalogue. They are fetched when they are first used. */
export const tfjsMobilenets: readonly CatalogueEntry[] = publishedMobilenets.map(entryOf);

/** How @tensorflow-models/mobilenet runs a network of the catalogue; undefined for one that it does not know. */
export function mobilenetVariant(name: string): MobilenetVariant | undefined {
  // The embedded one is the backbone of another network, put under the names that the package looks up.
  if (name === "mobilenet-v2") return { version: 2, alpha: 1, inputRange: [-1, 1] };
  const network = publishedMobilenets.find((one) => nameOf(one) === name);
  return network && { version: network.version, alpha: network.alpha, inputRange };
}
