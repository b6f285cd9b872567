import { basename, resolve } from "node:path";
import { z } from "zod";
import { MuybridgeError } from "../../../core/errors.js";
import { csvFormat } from "../../../pipeline/writers/csv.js";
import { toJsonLine } from "../../../pipeline/writers/jsonl.js";
import { toWebVtt } from "../../../pipeline/writers/web-vtt.js";
import type { RouteGround } from "../ground.js";
import { correctionSchema, correctionsSchema, timelineSchema } from "../messages.js";
import { pathSchema } from "../work-messages.js";
import type { RouteApp } from "./route-app.js";

const download = (name: string): string =>
  `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;

/** Results as files and over time, and what people say of them. */
export function addResultRoutes(app: RouteApp, ground: RouteGround): void {
  const { results, corrections, shelf, files, events } = ground;

  app.get(
    "/api/results",
    {
      schema: {
        description: "All results in one file, in a format of muybridge label.",
        querystring: z.object({ format: z.enum(["jsonl", "csv"]) }),
      },
    },
    ({ query: { format } }, reply) => {
      const all = results.all();
      const text =
        format === "jsonl"
          ? all.map(toJsonLine).join("")
          : csvFormat.opening + all.map(csvFormat.record).join("");
      return reply
        .type(format === "csv" ? "text/csv; charset=utf-8" : "application/jsonl")
        .header("content-disposition", download(`labels.${format}`))
        .send(text);
    },
  );

  app.get(
    "/api/subtitles",
    {
      schema: {
        description: "The segments of a video as subtitles (WebVTT).",
        querystring: z.object({ path: pathSchema }),
      },
    },
    ({ query }, reply) => {
      const result = resultOf(query.path);
      return reply
        .type("text/vtt; charset=utf-8")
        .header("content-disposition", download(`${basename(result.path)}.vtt`))
        .send(toWebVtt(result));
    },
  );

  app.get(
    "/api/timeline",
    {
      schema: {
        description: "Probabilities over the time of a labelled video.",
        querystring: z.object({ path: pathSchema }),
        response: { 200: timelineSchema },
      },
    },
    async ({ query }) => {
      const result = resultOf(query.path);
      if ("error" in result) {
        throw new MuybridgeError("ERR_USAGE", `${result.path} has no timeline: it failed.`);
      }
      await files.locateVideo(result.path);
      const model = (await shelf.list()).find(({ digest }) => digest === result.model);
      if (!model && !result.track) {
        const why =
          "The model that labelled this video is gone; label it again to see its timeline.";
        throw new MuybridgeError("ERR_FILE_NOT_FOUND", why, { path: result.path });
      }
      const { timelineOf } = await import("../timeline.js");
      return timelineOf(result, model?.directory ?? "");
    },
  );

  app.put(
    "/api/corrections",
    {
      schema: {
        description: "Says what a video holds; no parts take back what was said.",
        body: correctionSchema,
        response: { 200: correctionsSchema },
      },
    },
    async ({ body }) => {
      await files.locateVideo(body.path);
      await corrections.set(resolve(body.path), body.parts);
      return told();
    },
  );

  app.post(
    "/api/corrections/undo",
    {
      schema: {
        description: "Takes the last correction back.",
        response: { 200: correctionsSchema },
      },
    },
    async () => {
      await corrections.undo();
      return told();
    },
  );

  app.get(
    "/api/corrections.csv",
    { schema: { description: "The corrections as a manifest that muybridge train takes." } },
    (_request, reply) =>
      reply
        .type("text/csv; charset=utf-8")
        .header("content-disposition", download("corrections.csv"))
        .send(corrections.text()),
  );

  const resultOf = (path: string): NonNullable<ReturnType<typeof results.get>> => {
    const result = results.get(path);
    if (result) return result;
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `${path} has no label yet.`, { path });
  };
  const told = (): ReturnType<typeof corrections.all> => {
    const all = corrections.all();
    events.tell({ type: "corrections", corrections: all });
    return all;
  };
}
