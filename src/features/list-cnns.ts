import { sep } from "node:path";
import { MuybridgeError } from "../core/errors.js";
import { isFile } from "../core/is-file.js";
import { catalogue, catalogueEntry } from "./catalogue.js";
import type { CatalogueEntry } from "./catalogue-entry.js";
import { pulledDirectory } from "./pulled-weights.js";

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

/** Looks without fetching anything: some sources fetch what is missing when they are read. */
async function look({ source }: CatalogueEntry): Promise<{ place: CnnPlace; digest?: string }> {
  try {
    const path = source.locate();
    if (!(await isFile(path))) return { place: "not here" };
    const place = path.startsWith(pulledDirectory() + sep) ? "here" : "embedded";
    return { place, digest: await source.digest() };
  } catch (error) {
    if (!(error instanceof MuybridgeError)) throw error;
    // With a cause, it cannot be read.
    return { place: error.cause === undefined ? "damaged" : "not here" };
  }
}

/**
 * Path and digest of a network's file, without fetching it.
 *
 * @throws MuybridgeError ERR_USAGE for an unknown name; ERR_WEIGHTS_UNAVAILABLE where it is not there or not the
 * file that it should be.
 */
export async function cnnPath(name: string): Promise<{ path: string; sha256: string }> {
  const { source } = catalogueEntry(name);
  const path = source.locate();
  if (source.download || (await isFile(path))) return { path, sha256: await source.digest() };
  throw new MuybridgeError(
    "ERR_WEIGHTS_UNAVAILABLE",
    `The weights of ${name} are not there yet. muybridge cnn pull ${name} gets them. Their place is ${path}.`,
    { path },
  );
}
