/** How motion is seen, apart from what computes it: what only asks for sizes need not load that. */

/** The frames that motion is seen in: grey, stretched to this size, at this rate. */
export const motionFrames = {
  /** Pixels. */
  width: 80,
  /** Pixels. */
  height: 60,
  /** Hertz. */
  rate: 15,
} as const;

/** What is taken for the camera's motion. */
export type CameraMotion = "median" | "none";

/** Cells that motion is counted in where nothing else is said, and what is taken for the camera's. */
export const motionView = { columns: 4, rows: 4, camera: "median" } as const;
