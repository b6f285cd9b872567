import { MuybridgeError } from "../core/errors.js";
import { isFile } from "../core/is-file.js";
import { catalogue } from "./catalogue.js";
import type { CatalogueEntry } from "./catalogue-entry.js";

/** Where a network is: installed with the package, pulled, not pulled yet, or not the file that it should be. */
export type CnnPlace = "embedded" | "here" | "not here" | "damaged";

/** A network of the catalogue as a list shows it. */
export interface CnnListing
  extends Pick<
    CatalogueEntry,
    "name" | "description" | "licence" | "homepage" | "verified" | "dimension" | "format" | "layer"
  > {
  /** Side of the square frames it takes, in pixels. */
  readonly inputSize: number;
  readonly place: CnnPlace;
  /** Path of its file, where that is there. */
  readonly path: string | null;
  /** Bytes of the file that is downloaded, where they are known. */
  readonly size: number | null;
  /** SHA-256 of the file: the known one, or that of the one which is here. */
  readonly sha256: string | null;
}

/** Lists the catalogue, and looks which of its networks are on this machine. */
export function listCnns(): Promise<CnnListing[]> {
  return Promise.all(catalogue.map(listing));
}

async function listing(entry: CatalogueEntry): Promise<CnnListing> {
  const { name, description, licence, homepage, verified, dimension, format, layer } = entry;
  const { place, digest } = await look(entry);
  const { download } = entry.source;
  return {
    name,
    description,
    licence,
    homepage,
    verified,
    dimension,
    format,
    layer,
    inputSize: entry.preprocessing.inputSize,
    place,
    path: place === "not here" ? null : entry.source.locate(),
    size: download?.size ?? null,
    sha256: download?.sha256 ?? digest ?? null,
  };
}

async function look({ source }: CatalogueEntry): Promise<{ place: CnnPlace; digest?: string }> {
  try {
    if (source.fetchedOnUse && !(await isFile(source.locate()))) return { place: "not here" };
    const isOwn = !source.download && !source.fetchedOnUse;
    return { place: isOwn ? "embedded" : "here", digest: await source.digest() };
  } catch (error) {
    if (!(error instanceof MuybridgeError)) throw error;
    // With a cause, it is only not there.
    return { place: error.cause === undefined ? "damaged" : "not here" };
  }
}
