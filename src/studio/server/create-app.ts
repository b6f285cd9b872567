import multipart from "@fastify/multipart";
import fastifyStatic from "@fastify/static";
import swagger from "@fastify/swagger";
import fastify, { type FastifyError, type FastifyReply } from "fastify";
import {
  createJsonSchemaTransform,
  hasZodFastifySchemaValidationErrors,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { type ErrorCode, MuybridgeError } from "../../core/errors.js";
import { packageVersion } from "../../pipeline/package-version.js";
import type { Access } from "./access.js";
import type { RouteGround } from "./ground.js";
import { largestBody, mostConnections } from "./limits.js";
import { addJobRoutes } from "./routes/job-routes.js";
import { addResultRoutes } from "./routes/result-routes.js";
import type { RouteApp } from "./routes/route-app.js";
import { addSessionRoutes } from "./routes/session-routes.js";
import { addVideoRoutes } from "./routes/video-routes.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether a route answers those who bear no token. */
    isOpen?: true;
  }
}

/** What a page may load and do: nothing but what this server sends, and no script or style in its text. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "media-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers: Readonly<Record<string, string>> = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** HTTP status of errors; of those not named here 422: what was asked is understood, and cannot be done. */
const statuses: Partial<Readonly<Record<ErrorCode, number>>> = {
  ERR_FILE_NOT_FOUND: 404,
  ERR_NOT_A_VIDEO: 415,
  ERR_TOO_LARGE: 413,
  ERR_USAGE: 400,
};

/**
 * Puts the server together; it does not listen yet.
 *
 * @param pageDirectory where the built page is
 * @param onFault told of errors that nobody expected
 */
export async function createApp(
  ground: RouteGround,
  access: Access,
  pageDirectory: string,
  onFault: (error: unknown) => void,
): Promise<RouteApp> {
  const app = fastify({
    bodyLimit: largestBody,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.server.maxConnections = mostConnections;

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    const refusal = access.refusal(request);
    if (refusal !== undefined) return refuse(reply, 403, "ERR_USAGE", refusal);
    // By the route that was found: an address may be written in many ways.
    const { url = "", config } = request.routeOptions;
    const isOpen = config.isOpen ?? !url.startsWith("/api/");
    if (!isOpen && !access.isKnown(request)) {
      const why = "Open the address that the server printed when it was started: it holds the key.";
      return refuse(reply, 401, "ERR_USAGE", why);
    }
    return undefined;
  });

  app.setErrorHandler((error: FastifyError | MuybridgeError, _request, reply) => {
    if (error instanceof MuybridgeError) {
      return refuse(reply, statuses[error.code] ?? 422, error.code, error.message);
    }
    if (hasZodFastifySchemaValidationErrors(error)) {
      const [first] = error.validation;
      const field = first?.instancePath.replaceAll("/", ".").replace(/^\./, "") || "the whole";
      return refuse(reply, 400, "ERR_USAGE", `${field}: ${first?.message ?? "is wrong"}`);
    }
    const status = error.statusCode ?? 500;
    if (status === 413) return refuse(reply, 413, "ERR_TOO_LARGE", error.message);
    if (status < 500) return refuse(reply, status, "ERR_USAGE", error.message);
    onFault(error);
    return refuse(reply, 500, "ERR_BUG", `This is a bug in Muybridge: ${error.message}`);
  });

  await app.register(multipart);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Muybridge studio",
        description: "The server behind the page of muybridge serve.",
        version: packageVersion(),
      },
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer" } },
      },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: ["/*"] }),
  });
  await app.register(fastifyStatic, {
    root: pageDirectory,
    cacheControl: false,
    dotfiles: "ignore",
  });
  await app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    addVideoRoutes(routes, ground);
    addResultRoutes(routes, ground);
    addJobRoutes(routes, ground);
    routes.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
  });
  addSessionRoutes(app, ground, access);
  return app;
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).type("application/json").send({ error: { code, message } });
}
