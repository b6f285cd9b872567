import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, longest first. After a clean install nothing else tells Vitest how long they take. */
const longest = [
  "test/demo.test.ts",
  "test/package.test.ts",
  "test/ucf101.test.ts",
  "test/pipeline/tune.test.ts",
  "test/cli/commands.test.ts",
  "test/pipeline/pipeline.test.ts",
  "test/sequences.test.ts",
  "test/cli/hostile-batch.test.ts",
];

/** Starts {@link longest} first, so that none of them is left to run alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
      return index < 0 ? longest.length : index;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  // Child processes run what is built, so tests of whole commands and of the public API do, too.
  resolve: {
    alias: { muybridge: fileURLToPath(new URL("dist/src/index.js", import.meta.url)) },
  },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/property-seed.ts"],
    pool: "forks",
    // The files of a worker share what they import. No test replaces a module; those that set the environment restore it.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
