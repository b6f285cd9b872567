/** The layer rule: rooms import downwards only (see docs/architecture.md). */
const rooms = [
  ["core", "^src/core/"],
  ["onnx", "^src/onnx/"],
  ["tfjs", "^src/tfjs/"],
  ["frames", "^src/frames/"],
  ["features", "^src/features/"],
  ["sequence", "^src/sequence/"],
  ["datasets", "^datasets/"],
  ["pipeline", "^src/pipeline/"],
  ["studio", "^src/studio/server/"],
  // Runs in the browser; of the server it knows the types of the messages.
  ["page", "^src/studio/page/"],
  ["messages", "^src/studio/server/(work-)?messages\\.ts$"],
  ["cli", "^src/cli/"],
];

const mayImport = {
  core: ["core"],
  onnx: ["core", "onnx"],
  tfjs: ["core", "tfjs"],
  frames: ["core", "frames"],
  features: ["core", "onnx", "tfjs", "features"],
  sequence: ["core", "onnx", "tfjs", "sequence"],
  datasets: ["core", "frames", "sequence", "datasets"],
  pipeline: ["core", "onnx", "tfjs", "frames", "features", "sequence", "datasets", "pipeline"],
  studio: ["core", "frames", "datasets", "pipeline", "studio"],
  page: ["page", "messages"],
};

module.exports = {
  forbidden: [
    ...Object.entries(mayImport).map(([room, allowed]) => ({
      name: `${room}-imports-downwards-only`,
      severity: "error",
      from: { path: rooms.find(([name]) => name === room)[1] },
      to: {
        path: "^(src|datasets|test|bench)/",
        pathNot: rooms.filter(([name]) => allowed.includes(name)).map(([, path]) => path),
      },
    })),
    {
      name: "nothing-imports-bench",
      severity: "error",
      from: { path: "^(src|datasets)/" },
      to: { path: "^bench/" },
    },
    {
      name: "only-the-cli-imports-the-studio",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli|studio)/" },
      to: { path: "^src/studio/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: {
        orphan: true,
        path: "^(src|datasets)/",
        pathNot: "^src/((index|cli/main)\\.ts$|studio/page/)",
      },
      to: {},
    },
    {
      name: "declared-dependencies-only",
      severity: "error",
      // What the page is made of is built into it.
      from: { path: "^(src|datasets)/", pathNot: "^src/studio/page/" },
      // Optional peers stand among the development packages, too, for the tests.
      to: {
        dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"],
        dependencyTypesNot: ["npm-peer"],
      },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
