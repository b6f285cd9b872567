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
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "no-orphans",
      severity: "error",
      from: { orphan: true, path: "^(src|datasets)/", pathNot: "^src/(index|cli/main)\\.ts$" },
      to: {},
    },
    {
      name: "declared-dependencies-only",
      severity: "error",
      from: { path: "^(src|datasets)/" },
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
