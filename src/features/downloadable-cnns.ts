import type { CatalogueEntry } from "./catalogue-entry.js";
import type { CnnDownload } from "./cnn-source.js";
import type { Preprocessing } from "./preprocessing.js";
import { pulledSource } from "./pulled-weights.js";

/** Coral's quantised classifiers: the pixel 128 is 0, and a step is 1/128. */
const coralPreprocessing: Preprocessing = {
  inputSize: 224,
  channels: "rgb",
  scale: 1 / 128,
  mean: [1, 1, 1],
  deviation: [1, 1, 1],
  layout: "nhwc",
};

/** The state of Coral's repository that the digests are of: what a branch holds may change. */
const coralCommit = "104342d2d3480b3e66203073dac24f4e2dbb4c41";

const coral = {
  licence: "Apache-2.0",
  homepage: "https://github.com/google-coral/test_data",
  format: "tflite",
} as const;

function coralDownload(
  file: string,
  known: Pick<CnnDownload, "size" | "sha256"> = {},
): CnnDownload {
  const base = "https://raw.githubusercontent.com/google-coral/test_data";
  return { file, urls: [`${base}/${coralCommit}/${file}`, `${base}/master/${file}`], ...known };
}

const googlenetPath =
  "validated/vision/classification/inception_and_googlenet/googlenet/model/googlenet-12.onnx";

/** The networks that are pulled before they are used. */
export const downloadableCnns: readonly CatalogueEntry[] = [
  {
    name: "mobilenet-v2-imagenet",
    description: "MobileNetV2 1.0, ImageNet classifier, 8-bit weights",
    ...coral,
    verified: true,
    dimension: 1280,
    layer: "MobilenetV2/Conv_1/Relu6",
    preprocessing: coralPreprocessing,
    source: pulledSource(
      "mobilenet-v2-imagenet",
      coralDownload("mobilenet_v2_1.0_224_quant.tflite", {
        size: 3_610_798,
        sha256: "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776",
      }),
    ),
  },
  {
    name: "mobilenet-v1-0.75-imagenet",
    description: "MobileNetV1 0.75, ImageNet classifier for pictures of 192 pixels, 8-bit weights",
    ...coral,
    verified: true,
    dimension: 768,
    layer: "MobilenetV1/MobilenetV1/Conv2d_13_pointwise/Relu6",
    preprocessing: { ...coralPreprocessing, inputSize: 192 },
    source: pulledSource(
      "mobilenet-v1-0.75-imagenet",
      coralDownload("mobilenet_v1_0.75_192_quant.tflite", {
        size: 2_652_542,
        sha256: "41daeb22fdcf947e0e5ec32373aa9df7c31f3ef45dbd0ef7b5940fbce3c20f6a",
      }),
    ),
  },
  {
    name: "mobilenet-v1-imagenet",
    description: "MobileNetV1 1.0, ImageNet classifier, 8-bit weights",
    ...coral,
    verified: false,
    dimension: 1024,
    // As in the file of MobileNetV1 0.75, which is made by the same hands.
    layer: "MobilenetV1/MobilenetV1/Conv2d_13_pointwise/Relu6",
    preprocessing: coralPreprocessing,
    source: pulledSource(
      "mobilenet-v1-imagenet",
      coralDownload("mobilenet_v1_1.0_224_quant.tflite"),
    ),
  },
  {
    name: "googlenet",
    description: "GoogLeNet (Inception v1), ImageNet classifier, 8-bit weights",
    ...coral,
    verified: false,
    dimension: 1024,
    // Named by Coral's own test of this file, coral/tools/tflite_graph_util_test.cc in google-coral/libcoral.
    layer: "InceptionV1/Logits/AvgPool_0a_7x7/AvgPool",
    preprocessing: coralPreprocessing,
    source: pulledSource("googlenet", coralDownload("inception_v1_224_quant.tflite")),
  },
  {
    name: "googlenet-onnx",
    description:
      "GoogLeNet as trained with Caffe (BVLC), ImageNet classifier of the ONNX model zoo",
    licence: "BSD-3-Clause",
    homepage:
      "https://github.com/onnx/models/tree/main/validated/vision/classification/inception_and_googlenet/googlenet",
    verified: false,
    dimension: 1024,
    format: "onnx",
    // Layer, size and digest as the zoo's ONNX_HUB_MANIFEST.json tells them.
    layer: "pool5/7x7_s1_2",
    preprocessing: {
      inputSize: 224,
      channels: "bgr",
      scale: 1,
      mean: [104.007, 116.669, 122.679],
      deviation: [1, 1, 1],
      layout: "nchw",
    },
    source: pulledSource("googlenet-onnx", {
      file: "googlenet-12.onnx",
      // The zoo's large files have left GitHub now and then for want of a budget; hence the second home.
      urls: [
        `https://github.com/onnx/models/raw/main/${googlenetPath}`,
        "https://huggingface.co/onnxmodelzoo/googlenet-12/resolve/main/googlenet-12.onnx",
      ],
      size: 28_021_836,
      sha256: "c99c507058eaf41de8723408fdda7db8325cb57f0a89f2ee07a716d6e963e14e",
    }),
  },
];
