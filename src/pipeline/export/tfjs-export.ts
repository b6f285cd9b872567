import { MuybridgeError } from "../../core/errors.js";
import { type LayersModelFiles, writeLayersModel } from "../../sequence/tfjs/layers-model.js";
import type { Model } from "../model.js";
import { networkShape } from "../model-network.js";
import { featureDimension } from "../model-record.js";
import { exportMetadata } from "./export-metadata.js";

/**
 * A model as a LayersModel of TensorFlow.js.
 *
 * @param weightsFile name of the file of weights, which the topology refers to
 * @throws MuybridgeError ERR_USAGE where TensorFlow.js has no such layers.
 */
export async function toLayersModel(model: Model, weightsFile: string): Promise<LayersModelFiles> {
  const { record, standardisation, meanPool, parameters } = model.parts();
  const dimension = featureDimension(record);
  const { network, head } = record;
  if (head === "linear" || head === "ensemble") {
    throw new MuybridgeError(
      "ERR_USAGE",
      `The model's head is ${head}, for whose pools over time TensorFlow.js has no layers; export it as onnx, or train with --head recurrent.`,
      { parameter: "format" },
    );
  }
  if (network?.output === "sequence" || network?.input === "standardised") {
    throw new MuybridgeError(
      "ERR_USAGE",
      "A model that labels each frame is not written for TensorFlow.js; export it as onnx.",
      { parameter: "format" },
    );
  }
  const metadata = exportMetadata(
    model,
    `float32 [batch, time, ${dimension}], all sequences of a batch as long as the batch`,
  );
  return writeLayersModel(
    {
      shape: networkShape(record),
      inputSize: dimension,
      parameters: {
        ...parameters,
        "meanPool.kernel": meanPool.kernel,
        "meanPool.bias": meanPool.bias,
      },
      standardisation: network?.input === "features" ? null : standardisation,
      classifier: {
        units: record.classes.length,
        activation: "softmax",
        kernel: network ? "head.kernel" : "meanPool.kernel",
        bias: network ? "head.bias" : "meanPool.bias",
      },
    },
    weightsFile,
    metadata,
  );
}
