/** What a parameter is to its layer. The kernels of a head and of attention count as kernels. */
export type ParameterKind = "kernel" | "recurrentKernel" | "bias";

/** Tells the kind of a parameter by its name, as the graphs and docs/weights.md write it. */
export function parameterKind(name: string): ParameterKind {
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (/bias$/i.test(last)) return "bias";
  return /^recurrent/i.test(last) ? "recurrentKernel" : "kernel";
}
