import { expect, test } from "vitest";
import { isAbort, MuybridgeError, messageOf } from "../../src/core/errors.js";

test("an error tells its code, message, cause, and what it is about", () => {
  const cause = new Error("EACCES");
  const error = new MuybridgeError("ERR_USAGE", "out/ cannot be written.", {
    path: "out/",
    parameter: "out",
    cause,
  });
  expect(error).toBeInstanceOf(Error);
  expect(error.name).toBe("MuybridgeError");
  expect(error.code).toBe("ERR_USAGE");
  expect(error.message).toBe("out/ cannot be written.");
  expect(error.path).toBe("out/");
  expect(error.parameter).toBe("out");
  expect(error.cause).toBe(cause);
  expect(error.stack).toContain("errors.test");
});

test("what an error is not about is not there, not even as undefined", () => {
  const error = new MuybridgeError("ERR_TIMEOUT", "It took too long.");
  expect("path" in error).toBe(false);
  expect("parameter" in error).toBe(false);
  expect("cause" in error).toBe(false);
});

test("anything that was thrown has a message", () => {
  expect(messageOf(new TypeError("wrong"))).toBe("wrong");
  expect(messageOf("text")).toBe("text");
  expect(messageOf(undefined)).toBe("undefined");
  expect(messageOf({ toString: () => "an object" })).toBe("an object");
});

test("an abort is known from other errors", async () => {
  const controller = new AbortController();
  controller.abort();
  expect(isAbort(reasonOf(controller.signal))).toBe(true);
  const timeout = AbortSignal.timeout(1);
  await new Promise((resolve) => timeout.addEventListener("abort", resolve));
  expect(isAbort(reasonOf(timeout))).toBe(true);
  expect(isAbort(new Error("aborted"))).toBe(false);
  expect(isAbort(new MuybridgeError("ERR_TIMEOUT", "It took too long."))).toBe(false);
  expect(isAbort("AbortError")).toBe(false);
  expect(isAbort(undefined)).toBe(false);
});

function reasonOf(signal: AbortSignal): unknown {
  try {
    signal.throwIfAborted();
  } catch (error) {
    return error;
  }
  throw new Error("The signal is not aborted.");
}
