import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { killTrees, processTrees, readProcessTable, treeOf } from "../../src/core/process-tree.js";

test("a table of processes is read, and a tree found in it", () => {
  const table = readProcessTable(
    "    1     0  900\n   20     1   10\n  300    20    5\n   21     1    7\nbad\n",
  );
  expect(treeOf(20, table)).toEqual([
    { pid: 20, resident: 10 * 1024 },
    { pid: 300, resident: 5 * 1024 },
  ]);
  expect(treeOf(4, table)).toEqual([]);
});

test.skipIf(process.platform === "win32")(
  "what a process started is found with it, as ps tells it too, and ends with it",
  async () => {
    const parent = spawn("sh", ["-c", "sleep 60 & echo started; wait"]);
    await once(parent.stdout, "data");
    const root = parent.pid!;
    const [found = []] = await processTrees([root]);
    expect(found).toHaveLength(2);
    for (const { resident } of found) expect(resident).toBeGreaterThan(0);
    const listed = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss="], { encoding: "utf8" });
    const pids = treeOf(root, readProcessTable(listed)).map(({ pid }) => pid);
    expect(pids).toEqual(found.map(({ pid }) => pid));

    const ended = once(parent, "close");
    await killTrees([root]);
    // It closes when the last one that holds its output is gone.
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect((await processTrees([root]))[0]).toEqual([]);
  },
);
