import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { program } from "./cli/run-program.js";
import { sharedDirectory } from "./frames/shared-directory.js";

const project = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(join(project, path), "utf8");

// The fields of Kubernetes' API that the manifests use, by its reference; any other is a mistake, or is to be added here.
const name = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
const quantity = z.string().regex(/^\d+(\.\d+)?(m|Ki|Mi|Gi|Ti)?$/);
const quantities = z.strictObject({
  cpu: quantity.optional(),
  memory: quantity.optional(),
  storage: quantity.optional(),
});
const resources = z.strictObject({
  requests: quantities.optional(),
  limits: quantities.optional(),
});
const labels = z.record(z.string(), z.string());
const metadata = z.strictObject({ name, labels: labels.optional() });
const container = z.strictObject({
  name,
  image: z.string(),
  command: z.array(z.string()).optional(),
  args: z.array(z.string()).optional(),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  resources: resources.optional(),
  securityContext: z
    .strictObject({
      runAsNonRoot: z.boolean(),
      allowPrivilegeEscalation: z.boolean(),
      readOnlyRootFilesystem: z.boolean(),
    })
    .optional(),
  volumeMounts: z.array(
    z.strictObject({
      name,
      mountPath: z.string().startsWith("/"),
      readOnly: z.boolean().optional(),
    }),
  ),
});
const volume = z.union([
  z.strictObject({
    name,
    persistentVolumeClaim: z.strictObject({ claimName: name, readOnly: z.boolean().optional() }),
  }),
  z.strictObject({ name, emptyDir: z.strictObject({ sizeLimit: quantity }) }),
]);
const podOf = (...restartPolicies: [string, ...string[]]) =>
  z.strictObject({
    metadata: z.strictObject({ labels }).optional(),
    spec: z.strictObject({
      restartPolicy: restartPolicies.includes("Always")
        ? z.literal("Always").optional()
        : z.enum(restartPolicies),
      terminationGracePeriodSeconds: z.int().optional(),
      containers: z.array(container).min(1),
      volumes: z.array(volume).optional(),
    }),
  });
const selector = z.strictObject({ matchLabels: labels });
const manifest = z.discriminatedUnion("kind", [
  z.strictObject({
    apiVersion: z.literal("batch/v1"),
    kind: z.literal("Job"),
    metadata,
    spec: z.strictObject({
      completionMode: z.enum(["Indexed", "NonIndexed"]).optional(),
      completions: z.int().optional(),
      parallelism: z.int().optional(),
      backoffLimit: z.int().optional(),
      backoffLimitPerIndex: z.int().optional(),
      maxFailedIndexes: z.int().optional(),
      template: podOf("Never", "OnFailure"),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal("apps/v1"),
    kind: z.literal("Deployment"),
    metadata,
    spec: z.strictObject({ replicas: z.int(), selector, template: podOf("Always") }),
  }),
  z.strictObject({
    apiVersion: z.literal("apps/v1"),
    kind: z.literal("StatefulSet"),
    metadata,
    spec: z.strictObject({
      serviceName: name,
      replicas: z.int(),
      selector,
      template: podOf("Always"),
      volumeClaimTemplates: z.array(
        z.strictObject({
          metadata,
          spec: z.strictObject({
            accessModes: z.array(z.enum(["ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany"])),
            resources,
          }),
        }),
      ),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal("v1"),
    kind: z.literal("Service"),
    metadata,
    spec: z.strictObject({
      selector: labels,
      ports: z.array(z.strictObject({ name, port: z.int() })),
    }),
  }),
]);
type Manifest = z.infer<typeof manifest>;

/** Options that the help of a command names. */
const known: Record<string, ReadonlySet<string>> = {};
beforeAll(() => {
  for (const command of ["label", "submit", "worker"]) {
    const { stdout } = spawnSync(process.execPath, [program, command, "--help"], {
      encoding: "utf8",
    });
    known[command] = new Set(stdout.match(/--[a-z][a-z-]*/g));
  }
});

/** The options of a command line that begins with muybridge. */
function checkCommandLine(line: string): void {
  const [, command = ""] = /muybridge (\w+)/.exec(line) ?? [];
  const options = line.match(/(?<=\s)--[a-z-]+/g) ?? [];
  expect(options.length, line).toBeGreaterThan(2);
  for (const option of options) expect([...(known[command] ?? [])], line).toContain(option);
}

function manifestsOf(path: string): Manifest[] {
  const documents = parseAllDocuments(read(path));
  if (!Array.isArray(documents)) throw new Error(`${path} is empty`);
  return documents.map((document) => {
    expect(document.errors).toEqual([]);
    return manifest.parse(document.toJS());
  });
}

const yamls = readdirSync(join(project, "docs/scale")).filter((file) => file.endsWith(".yaml"));

describe.each(yamls)("docs/scale/%s", (file) => {
  const manifests = manifestsOf(`docs/scale/${file}`);
  const pods = manifests.flatMap((one) => ("template" in one.spec ? [one.spec.template.spec] : []));

  test("has what each pod mounts, and selectors that find their pods", () => {
    expect(pods.length).toBeGreaterThan(0);
    for (const { spec } of manifests) {
      const claims =
        "volumeClaimTemplates" in spec
          ? spec.volumeClaimTemplates.map((claim) => claim.metadata.name)
          : [];
      if (!("template" in spec)) continue;
      const there = [...(spec.template.spec.volumes ?? []).map((each) => each.name), ...claims];
      for (const each of spec.template.spec.containers) {
        for (const mount of each.volumeMounts) expect(there).toContain(mount.name);
      }
      if ("selector" in spec) {
        expect(spec.template.metadata?.labels).toMatchObject(spec.selector.matchLabels);
      }
    }
  });

  test("calls muybridge with options that it has", () => {
    const lines = pods
      .flatMap((pod) => pod.containers)
      .map(({ command = [], args = [] }) => [...command, ...args].join(" "))
      .filter((line) => line.includes("muybridge"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) checkCommandLine(line);
  });
});

describe.skipIf(process.platform === "win32")("docs/scale/slurm-shards.sbatch", () => {
  const script = "docs/scale/slurm-shards.sbatch";
  const bin = sharedDirectory();

  /** Runs the script as Slurm would run one part of it; muybridge says what it is asked, and ends with a code. */
  function runPart(code: number): { readonly status: number | null; readonly stdout: string } {
    const programs = { srun: 'exec "$@"', muybridge: `echo muybridge "$@"; exit ${code}` };
    for (const [program, text] of Object.entries(programs)) {
      writeFileSync(join(bin, program), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, program), 0o755);
    }
    const array = { SLURM_ARRAY_TASK_ID: "3", SLURM_ARRAY_TASK_COUNT: "64" };
    return spawnSync("bash", [join(project, script), "model", "list", "results"], {
      encoding: "utf8",
      env: {
        ...array,
        SLURM_CPUS_PER_TASK: "2",
        PATH: `${bin}${delimiter}${process.env.PATH ?? ""}`,
      },
    });
  }

  test("asks for its own part, with options that label has", () => {
    const { status, stdout } = runPart(0);
    expect(status).toBe(0);
    expect(stdout).toContain("label model @list --shard 3/64 --out results/labels-3.jsonl");
    checkCommandLine(stdout);
  });

  test("takes failed videos for results, and everything else for a failure", () => {
    expect(runPart(3).status).toBe(0);
    for (const code of [1, 2, 130]) expect(runPart(code).status).toBe(code);
  });
});

test("the workflow runs npm test on three systems and three versions of Node", () => {
  const step = z.strictObject({
    name: z.string().optional(),
    if: z.string().optional(),
    uses: z
      .string()
      .regex(/^actions\/(checkout|setup-node)@v\d+$/)
      .optional(),
    run: z.string().optional(),
    with: z.record(z.string(), z.string()).optional(),
  });
  const workflow = z.strictObject({
    name: z.string(),
    on: z.strictObject({
      push: z.strictObject({ branches: z.array(z.string()) }),
      pull_request: z.null(),
    }),
    permissions: z.strictObject({ contents: z.literal("read") }),
    concurrency: z.strictObject({ group: z.string(), "cancel-in-progress": z.boolean() }),
    jobs: z.strictObject({
      test: z.strictObject({
        strategy: z.strictObject({
          "fail-fast": z.literal(false),
          matrix: z.strictObject({ os: z.array(z.string()), node: z.array(z.int()) }),
        }),
        "runs-on": z.literal(expression("matrix.os")),
        "timeout-minutes": z.int(),
        steps: z.array(step),
      }),
    }),
  });
  const { test: job } = workflow.parse(parse(read(".github/workflows/test.yml"))).jobs;
  expect(job.strategy.matrix).toEqual({
    os: ["ubuntu-latest", "macos-latest", "windows-latest"],
    node: [20, 22, 24],
  });
  expect(job.steps.some((each) => each.with?.["node-version"] === expression("matrix.node"))).toBe(
    true,
  );
  expect(job.steps.slice(-2)).toEqual([{ run: "npm ci" }, { run: "npm test" }]);
});

test("the Dockerfile copies what is there, and .dockerignore lets it through", () => {
  const allowed = read(".dockerignore").split("\n");
  const copied = [...read("Dockerfile").matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
    ([, sources = ""]) => sources.split(" "),
  );
  expect(copied.length).toBeGreaterThan(8);
  for (const source of copied) {
    expect(existsSync(join(project, source)), source).toBe(true);
    expect(allowed).toContain(`!${source}`);
  }
});

/** An expression of GitHub's workflows. */
function expression(text: string): string {
  return `\${{ ${text} }}`;
}
