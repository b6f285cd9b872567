/** What a session can compute on: onnxruntime's execution providers. */
export const devices = ["cpu", "cuda", "coreml", "dml"] as const;

/** One of them. All but "cpu" are passed on to onnxruntime untested. */
export type Device = (typeof devices)[number];

/** The devices that the installed onnxruntime was built for, of {@link devices}. */
export async function builtInDevices(): Promise<readonly Device[]> {
  const { listSupportedBackends } = await import("onnxruntime-node");
  const names = listSupportedBackends().map(({ name }) => name);
  return devices.filter((device) => names.includes(device));
}
