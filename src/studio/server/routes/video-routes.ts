import { basename, dirname } from "node:path";
import { z } from "zod";
import type { RouteGround } from "../ground.js";
import { largestUpload, mostUploads } from "../limits.js";
import { folderSchema } from "../messages.js";
import { keepUpload } from "../upload-store.js";
import { pathSchema } from "../work-messages.js";
import type { RouteApp } from "./route-app.js";

/** Content types of what a browser may play; of the others none is told, and none is guessed. */
const types: Readonly<Record<string, string>> = {
  mp4: "video/mp4",
  m4v: "video/mp4",
  mov: "video/mp4",
  webm: "video/webm",
  mkv: "video/webm",
  ogv: "video/ogg",
  ogm: "video/ogg",
  gif: "image/gif",
};

const secondsText = z.coerce.number().min(0).max(1e9);

/** Videos and folders: bringing, finding, seeing them. */
export function addVideoRoutes(app: RouteApp, { files, state, filmstrips }: RouteGround): void {
  app.get(
    "/api/folder",
    {
      schema: {
        description: "What a folder under the served ones holds.",
        querystring: z.object({ path: pathSchema }),
        response: { 200: folderSchema },
      },
    },
    ({ query }) => files.list(query.path),
  );

  app.post(
    "/api/uploads",
    {
      schema: {
        description: "Brings videos (multipart/form-data); each is there as a whole or not at all.",
        response: { 200: z.object({ paths: z.array(z.string()) }) },
      },
    },
    async (request) => {
      const paths: string[] = [];
      const limits = { fileSize: largestUpload, files: mostUploads, fields: 0 };
      for await (const upload of request.files({ limits, throwFileSizeLimit: false })) {
        paths.push(await keepUpload(state.uploads, upload));
      }
      return { paths };
    },
  );

  app.get(
    "/api/video",
    {
      schema: {
        description: "A video file, whole or a range of its bytes.",
        querystring: z.object({ path: pathSchema }),
      },
    },
    async ({ query }, reply) => {
      const place = await files.locateVideo(query.path);
      const extension = place.slice(place.lastIndexOf(".") + 1).toLowerCase();
      reply.type(types[extension] ?? "application/octet-stream");
      // What it was found to be is what is sent, not what its name may lead to by now.
      return reply.sendFile(basename(place), dirname(place), {
        contentType: false,
        cacheControl: false,
        dotfiles: "allow",
      });
    },
  );

  app.get(
    "/api/filmstrip",
    {
      schema: {
        description: "A few frames of a video, or of a part of it, side by side (JPEG).",
        querystring: z.object({
          path: pathSchema,
          start: z.exactOptional(secondsText),
          end: z.exactOptional(secondsText),
        }),
      },
    },
    async ({ query }, reply) => {
      const place = await files.locateVideo(query.path);
      const { start, end } = query;
      const span =
        start === undefined && end === undefined
          ? undefined
          : {
              ...(start === undefined ? {} : { start }),
              ...(end === undefined ? {} : { end }),
            };
      const picture = await filmstrips.draw(place, span);
      return reply.type("image/jpeg").header("cache-control", "private, max-age=60").send(picture);
    },
  );
}
