import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const reporter = new URL("../../dist/src/cli/reporter.js", import.meta.url).href;

test("progress told after the end opens no bar, which would keep the process alive", async () => {
  const script = `
    import { openReporter } from ${JSON.stringify(reporter)};
    const reporter = openReporter({ progress: "auto" });
    reporter.onProgress({ stage: "label", done: 1, total: 9 });
    reporter.close();
    reporter.onProgress({ stage: "label", done: 2, total: 9 });
  `;
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    timeout: 20_000,
  });
  const { stderr } = await run;
  expect(stderr).toContain("1/9");
  expect(stderr).not.toContain("2/9");
});
