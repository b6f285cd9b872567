import type { Model } from "../pipeline/model.js";
import type { RunOptions } from "../pipeline/run.js";
import type { CommandContext } from "./command.js";
import { exitCodes } from "./exit-codes.js";
import type { Reporter } from "./reporter.js";

/** What --suggest looks at, and where its manifest goes. */
export interface SuggestionSubject {
  readonly model: Model;
  readonly paths: readonly string[];
  /** Videos to name. */
  readonly count: number;
  /** Default: standard output. */
  readonly out?: string;
  /** On standard output, JSON lines instead of CSV. */
  readonly json?: boolean;
}

/**
 * Writes a manifest, to be filled in, of the videos whose labels would teach the model most. A video that cannot be
 * looked at is told on stderr, and the command then ends as one of which some videos failed.
 *
 * @throws MuybridgeError ERR_USAGE where the manifest's name is of no data set; of `suggest`.
 */
export async function writeSuggestions(
  { model, paths, count, out, json }: SuggestionSubject,
  run: RunOptions,
  context: CommandContext,
  reporter: Reporter,
): Promise<void> {
  const [
    { suggest },
    { suggestionFormat, suggestionManifest },
    { unwritable },
    { writeFileAtomically },
  ] = await Promise.all([
    import("../pipeline/suggest.js"),
    import("../pipeline/suggestion-manifest.js"),
    import("../pipeline/writers/unwritable.js"),
    import("../core/atomic-file.js"),
  ]);
  const format = out === undefined ? (json ? "jsonl" : "csv") : suggestionFormat(out);
  const { videos, known, failed } = await suggest(paths, count, { model, ...run });
  reporter.close();
  for (const { path, error } of failed) reporter.fail(`${path}: ${error.code}: ${error.message}`);
  const manifest = suggestionManifest(videos, format, out);
  if (out === undefined) process.stdout.write(manifest);
  else {
    await writeFileAtomically(out, manifest).catch((error: unknown) => {
      throw unwritable(out, error);
    });
  }
  const { kind } = model.settings;
  const remarks = [
    `${videos.length} of ${paths.length} ${kind}s to label next`,
    ...(known > 0 ? [`${known} are among the model's own`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
  ];
  reporter.info(remarks.join(", "));
  if (failed.length > 0) context.exit(exitCodes.someFailed);
}
