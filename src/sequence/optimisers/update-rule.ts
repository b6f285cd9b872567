import type { ParameterBlock } from "./optimiser-memory.js";
import type { UpdateArguments, UpdateKernels } from "./update-kernels.js";

/** How one kind of optimiser moves a parameter. */
export interface UpdateRule {
  /** Names of what it keeps of each parameter between steps. */
  readonly slots: readonly string[];
  /**
   * Moves a parameter by its gradient.
   *
   * @param step from 1
   */
  update(
    kernels: UpdateKernels,
    block: ParameterBlock,
    step: number,
    update: UpdateArguments,
  ): void;
}
