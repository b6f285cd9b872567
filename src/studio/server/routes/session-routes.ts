import { z } from "zod";
import { MuybridgeError } from "../../../core/errors.js";
import type { Access } from "../access.js";
import type { RouteGround } from "../ground.js";
import { refusalSchema, stateSchema } from "../messages.js";
import type { RouteApp } from "./route-app.js";

/** Coming in, and what there is: the token for a cookie, the state, the stream of events. */
export function addSessionRoutes(app: RouteApp, ground: RouteGround, access: Access): void {
  app.post(
    "/api/session",
    {
      config: { isOpen: true },
      schema: {
        description: "Gives a browser its cookie for the token of the printed URL.",
        body: z.object({ token: z.string().max(200) }),
        response: { 204: z.null(), 401: refusalSchema },
      },
    },
    async ({ body }, reply) => {
      if (!access.isToken(body.token)) {
        const message = "This is not the address that the server printed when it was started.";
        return reply.code(401).send({ error: { code: "ERR_USAGE", message } });
      }
      return reply.code(204).header("set-cookie", access.cookie()).send(null);
    },
  );

  app.get(
    "/api/state",
    {
      schema: {
        description: "All that a page needs when it is opened.",
        response: { 200: stateSchema },
      },
    },
    async () => ({
      roots: [...ground.files.roots],
      manifest: ground.state.corrections,
      uploads: ground.state.uploads,
      models: await ground.shelf.list(),
      results: ground.results.all(),
      corrections: ground.corrections.all(),
      jobs: ground.jobs.all(),
    }),
  );

  app.get(
    "/api/events",
    {
      schema: { description: "What happens, as server-sent events; each is an event of the page." },
    },
    (_request, reply) => {
      ground.events.join(reply);
    },
  );

  app.setNotFoundHandler(({ method, url }) => {
    throw new MuybridgeError("ERR_FILE_NOT_FOUND", `There is no ${method} ${url.split("?")[0]}.`);
  });
}
