/** What a session can compute on: onnxruntime's execution providers. */
export const devices = ["cpu", "cuda", "coreml", "dml"] as const;

/** One of them. All but "cpu" are passed on to onnxruntime untested. */
export type Device = (typeof devices)[number];
