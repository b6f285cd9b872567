import { fork } from "node:child_process";

/**
 * Does parts of a work in child processes of the script that calls it, and waits for all. The script is started
 * again for each, and its `work` is called with the part.
 *
 * @template Part
 * @param {readonly Part[]} parts plain data, one process each
 * @param {(part: Part) => Promise<void>} work
 */
export async function inProcesses(parts, work) {
  if (process.send) {
    const part = await new Promise((resolve) => process.once("message", resolve));
    await work(part);
    process.disconnect();
    return;
  }
  await Promise.all(
    parts.map(
      (part) =>
        new Promise((resolve, reject) => {
          const child = fork(process.argv[1] ?? "", process.argv.slice(2));
          child.send(/** @type {import("node:child_process").Serializable} */ (part));
          child.on("error", reject).on("exit", (code) => {
            if (code === 0) resolve(undefined);
            else reject(new Error(`A process ended with ${code}.`));
          });
        }),
    ),
  );
}
