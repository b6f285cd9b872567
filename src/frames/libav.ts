import type * as Constants from "node-av/constants";
import type * as Lib from "node-av/lib";

/** FFmpeg's libraries, as node-av binds them. */
export interface Libav {
  readonly lib: typeof Lib;
  readonly constants: typeof Constants;
}

let loading: Promise<Libav> | undefined;

/** Loads FFmpeg's libraries on first use: that takes 0.2 s and 80 MB, which a cached answer should not cost. */
export function loadLibav(): Promise<Libav> {
  loading ??= (async () => {
    const [lib, constants] = await Promise.all([
      import("node-av/lib"),
      import("node-av/constants"),
    ]);
    // What libav has to say goes into our errors, not onto the user's terminal.
    lib.Log.setLevel(constants.AV_LOG_QUIET);
    return { lib, constants };
  })();
  return loading;
}
