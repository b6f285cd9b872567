/** TensorFlow.js's core: tensors and operations. Its packages are imported late, so that only types are here. */
export type Tfjs = typeof import("@tensorflow/tfjs-core");
