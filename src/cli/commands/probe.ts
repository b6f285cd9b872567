import type { Command } from "commander";
import { MuybridgeError } from "../../core/errors.js";
import type { ProbeOptions } from "../../frames/probe-video.js";
import { addDecoderOption, addTalkOptions, type CommandContext } from "../command.js";
import { exitCodes } from "../exit-codes.js";
import type { TalkOptions } from "../reporter.js";
import { formatTable } from "../table.js";

export function define(command: Command, context: CommandContext): void {
  command
    .description("Tell a video's length, size, frame rate and codec.")
    .argument("<video...>", "video files")
    .option("--json", "print a line of JSON a video")
    .addHelpText("after", "\nExample:\n  muybridge probe clips/*.mp4");
  addTalkOptions(addDecoderOption(command)).action(
    async (videos: string[], options: ProbeOptions & TalkOptions & { json?: boolean }) => {
      const [{ probeThroughCache }, { openStageCache }] = await Promise.all([
        import("../../pipeline/probe-stage.js"),
        import("../../pipeline/stage-cache.js"),
      ]);
      const { onWarning } = context.openReporter(options);
      const cache = openStageCache({ onWarning });
      const rows: (string | number)[][] = [];
      for (const path of videos) {
        context.signal.throwIfAborted();
        try {
          // Headers are read faster than a long video is hashed. What cannot be hashed, probing says why.
          const contentDigest = await cache.quickDigest(path).catch(() => undefined);
          const { decoder } = options;
          const request = { path, contentDigest, ...(decoder ? { decoder } : {}) };
          const info = await probeThroughCache(request, cache);
          if (options.json) process.stdout.write(`${JSON.stringify({ path, ...info })}\n`);
          const { width, height, codec, container, rotation } = info;
          const rate = Math.round(info.frameRate * 100) / 100;
          rows.push([
            path,
            info.duration.toFixed(2),
            `${width}x${height}`,
            rate,
            rotation,
            codec,
            container,
          ]);
        } catch (error) {
          // A decoder that is missing is missing for every video.
          if (!(error instanceof MuybridgeError) || error.code === "ERR_USAGE") throw error;
          context.exit(exitCodes.someFailed);
          const { code, message } = error;
          if (options.json)
            process.stdout.write(`${JSON.stringify({ path, error: { code, message } })}\n`);
          else process.stderr.write(`${code}: ${message}\n`);
        }
      }
      await cache.close();
      if (!options.json && rows.length > 0) {
        const head = ["video", "seconds", "size", "frames/s", "turn", "codec", "container"];
        process.stdout.write(formatTable(head, rows));
      }
    },
  );
}
