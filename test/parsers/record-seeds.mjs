const digest = "0123456789abcdef".repeat(4);

/** A record of a model of sequences, with all that may be in it. */
export const record = {
  format: "muybridge",
  version: 5,
  task: "classification",
  classes: ["a", "b"],
  features: { kind: "sequence", dimension: 2 },
  head: "ensemble",
  linear: { blocks: [{ name: "sequence", pools: ["mean", "halves"] }] },
  network: {
    cell: "lstm",
    bidirectional: false,
    layers: 1,
    hidden: 2,
    dropout: 0.5,
    input: "changes",
    pooling: "last",
  },
  training: {
    recipe: digest,
    from: digest,
    engine: "tfjs",
    seed: 1,
    batchSize: 4,
    learningRate: 0.01,
    epochs: 2,
    patience: 1,
    fitting: {
      optimizer: "adam",
      schedule: { type: "cosine", warmUp: { steps: 2 } },
      clip: { by: "norm", limit: 1 },
      weightDecay: 0,
    },
    bestEpoch: 1,
    temperature: 1,
    meanPoolTemperature: 1,
    selection: {
      folds: 4,
      n: 8,
      candidates: [{ head: "ensemble", streams: ["sequence"], accuracy: 1, logLoss: 0.1 }],
      chosen: 0,
    },
    refit: false,
    history: [{ epoch: 1, loss: 0.5, validationLoss: 0.5, validationAccuracy: 1 }],
    data: { name: "d", split: "given", clips: { train: 4, validation: 1, test: 1 }, failed: 0 },
  },
  splits: { [digest]: "train" },
  clips: { [digest]: { label: "a", group: "g" } },
  validation: {
    n: 1,
    accuracy: 1,
    meanPool: 1,
    logLoss: 0.1,
    ece: 0,
    uncalibrated: { logLoss: 0.2, ece: 0.1 },
  },
  files: { weights: digest, sequence: digest },
  muybridge: "0.1.0",
};

/** What a record says of a model of videos instead. */
export const videoFeatures = {
  kind: "video",
  decoder: "libav",
  cnn: {
    choice: {
      cnn: "net.onnx",
      layer: "x",
      engine: "onnx",
      precision: "int8",
      ranges: { x: [0, 1] },
    },
    id: "net.onnx",
    digest,
    dimension: 2,
    inputSize: 32,
  },
  plan: { every: 2, limit: 9, start: 0, end: 2 },
  fit: "crop",
  streams: ["rgb", "motion"],
};
