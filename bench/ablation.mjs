/**
 * What each stream and each head is worth: trains a model of every variant by the program itself, on the training and
 * validation parts of a manifest, and evaluates it on the test part. Where chance plays a part, with seeds 1 to N.
 *
 * Run: npm run build && node bench/ablation.mjs MANIFEST... [--seeds 5] [--only PATTERN]
 * With several manifests the mean over them is told as well. The cache (MUYBRIDGE_CACHE_DIR) keeps the features.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./machine.mjs";
import { markdownTable } from "./markdown-table.mjs";
import { measureCommand, program } from "./measured-command.mjs";
import { say } from "./videos.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seeds: { type: "string", default: "5" },
    only: { type: "string", default: "" },
  },
});

const all = "rgb,difference,motion,cuboids";
const alone = ["rgb", "difference", "motion", "cuboids"];
const some = [
  "rgb,difference",
  "rgb,motion",
  "rgb,cuboids",
  "motion,cuboids",
  "rgb,difference,motion",
  "rgb,difference,cuboids",
  "rgb,motion,cuboids",
  all,
];
/** @param {string} streams */
const linear = (streams) => ["--head", "linear", "--streams", streams];
/** Options of each variant, and whether its weights begin by chance. */
const variants = [
  ...[...alone, ...some].map((streams) => ({ options: linear(streams), seeded: false })),
  { options: ["--head", "recurrent", "--streams", "rgb"], seeded: true },
  { options: ["--head", "recurrent", "--streams", all], seeded: true },
  { options: ["--head", "ensemble", "--streams", all], seeded: true },
  { options: [], seeded: true },
].filter(({ options }) => new RegExp(values.only).test(options.join(" ")));

const directory = mkdtempSync(join(tmpdir(), "ablation-"));

/**
 * Percent of the test clips, of the model and of the mean-pool baseline of all that it sees.
 *
 * @param {string} manifest
 * @param {readonly string[]} options
 * @param {number} seed
 */
async function run(manifest, options, seed) {
  const model = join(directory, "model");
  rmSync(model, { recursive: true, force: true });
  await measureCommand(process.execPath, [
    ...[program, "train", manifest, "--out", model, "--seed", String(seed), "--quiet"],
    ...options,
  ]);
  const { stdout } = await measureCommand(process.execPath, [
    ...[program, "evaluate", model, manifest, "--json", "--quiet"],
  ]);
  const { accuracy, baseline } = JSON.parse(stdout);
  return { accuracy: 100 * accuracy, meanPool: 100 * baseline.meanPool.accuracy };
}

/** @param {readonly number[]} items */
const mean = (items) => items.reduce((sum, value) => sum + value, 0) / items.length;

/** @param {readonly number[]} items */
function told(items) {
  const middle = mean(items);
  if (items.length === 1) return middle.toFixed(1);
  const squares = items.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return `${middle.toFixed(1)} ± ${Math.sqrt(squares / (items.length - 1)).toFixed(1)}`;
}

try {
  const rows = [];
  for (const { options, seeded } of variants) {
    const seeds = seeded ? Number(values.seeds) : 1;
    /** @type {{ accuracy: number, meanPool: number }[][]} */
    const found = [];
    for (const manifest of positionals) {
      const own = [];
      for (let seed = 1; seed <= seeds; seed++) own.push(await run(manifest, options, seed));
      found.push(own);
      say(
        `${basename(manifest)}: train ${options.join(" ")}: ${own.map(({ accuracy }) => accuracy.toFixed(1))}`,
      );
    }
    const bySeed = Array.from({ length: seeds }, (_, seed) =>
      mean(found.map((own) => own[seed]?.accuracy ?? Number.NaN)),
    );
    rows.push([
      `\`train ${options.join(" ")}\``,
      ...found.map((own) => told(own.map(({ accuracy }) => accuracy))),
      ...(positionals.length > 1 ? [told(bySeed)] : []),
      mean(found.flat().map(({ meanPool }) => meanPool)).toFixed(1),
    ]);
  }
  const names = positionals.map((manifest) => basename(manifest));
  console.log(`${describeMachine()}; percent of the test clips, seeds 1 to ${values.seeds}\n`);
  console.log(
    markdownTable(["variant", ...names, ...(names.length > 1 ? ["mean"] : []), "mean pool"], rows),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
