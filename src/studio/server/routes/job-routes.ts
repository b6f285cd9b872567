import { z } from "zod";
import type { RouteGround } from "../ground.js";
import { jobSchema, requestSchema } from "../work-messages.js";
import type { RouteApp } from "./route-app.js";

/** Work: asking for it, and ending it. What becomes of it comes with the events. */
export function addJobRoutes(app: RouteApp, { jobs }: RouteGround): void {
  app.post(
    "/api/jobs",
    {
      schema: {
        description: "Asks for work: label, check, train, evaluate, compare or suggest.",
        body: requestSchema,
        response: { 200: jobSchema },
      },
    },
    ({ body }) => jobs.add(body),
  );

  app.post(
    "/api/jobs/:id/stop",
    {
      schema: {
        description: "Ends work; what is done of it is kept.",
        params: z.object({ id: z.uuid() }),
        response: { 200: jobSchema },
      },
    },
    ({ params }) => jobs.stop(params.id),
  );
}
