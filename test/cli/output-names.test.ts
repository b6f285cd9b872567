import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { outputNames } from "../../src/cli/output-names.js";

/** Names with the separators of this platform. */
const names = (...paths: string[]): string[] => paths.map((path) => join(...path.split("/")));

test("videos of a directory keep their path in it", () => {
  const paths = ["clips/a/x.avi", "clips/b/x.avi", "clips/y.mp4"];
  expect(outputNames(paths, ["clips"])).toEqual(names("a/x", "b/x", "y"));
  expect(outputNames(paths, ["./clips/"])).toEqual(names("a/x", "b/x", "y"));
  expect(outputNames(["a/x.avi", "y.mp4"], ["."])).toEqual(names("a/x", "y"));
});

test("files named one by one, and several directories, keep what tells them apart", () => {
  expect(outputNames(["a/x.avi"], ["a/x.avi"])).toEqual(["x"]);
  expect(outputNames(["c/a/x.avi", "c/b/x.avi"], ["c/a/x.avi", "c/b/x.avi"])).toEqual(
    names("a/x", "b/x"),
  );
  expect(outputNames(["c/a/x.avi", "c/b/d/x.avi"], ["c/a", "c/b"])).toEqual(names("a/x", "b/d/x"));
  expect(outputNames(["../p/x.mp4", "q/x.mp4"], ["../p", "q"]).every(isInsideOut)).toBe(true);
});

test("two videos that differ in their extension, or in nothing, do not collide", () => {
  expect(outputNames(["c/a.mp4", "c/a.avi", "c/A.mov"], ["c"])).toEqual(["a", "a.avi", "A.mov"]);
  expect(outputNames(["a.mp4", "a.mp4", "a.mp4"], [])).toEqual(["a", "a.mp4", "a-2"]);
});

test("an image sequence is called like its directory, dots and all", () => {
  expect(outputNames(["images:shots/take.1?fps=5"], ["images:shots/take.1?fps=5"])).toEqual([
    "take.1",
  ]);
  const two = ["images:shots/1/", `images:${resolve("shots", "2")}`];
  expect(outputNames(two, two)).toEqual(["1", "2"]);
});

/** Nothing may be written outside of the directory that the user named. */
function isInsideOut(name: string): boolean {
  return resolve("out", name).startsWith(resolve("out"));
}
