import { messageOf } from "../../src/core/errors.js";
import { backends, chooseBackend, loadTfjs } from "../../src/tfjs/tfjs-runtime.js";

/** Has TensorFlow.js compute on the back end of a package, for the rest of the test file; tells why it cannot. */
export async function useBackend(name: string): Promise<string | undefined> {
  // The choice of the process comes first, so that it does not come later.
  await loadTfjs();
  try {
    await chooseBackend(backends.filter((candidate) => candidate.package === name));
    return undefined;
  } catch (error) {
    return messageOf(error).split(`${name}: `).at(-1);
  }
}
