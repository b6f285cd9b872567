/**
 * Joins work on the same thing: who asks for it while it is under way waits, and gets the result of the one who came
 * first. The failure of the first may be an abort or a file that vanished, so that the others then try for themselves.
 */
export function onceUnderWay<Key, Result>(): (
  key: Key,
  work: () => Promise<Result>,
) => Promise<{ readonly result: Result; readonly joined: boolean }> {
  const underWay = new Map<Key, Promise<Result>>();
  return async (key, work) => {
    const twin = underWay.get(key);
    if (twin) {
      const result = await twin.catch(() => undefined);
      if (result !== undefined) return { result, joined: true };
    }
    const own = work();
    underWay.set(key, own);
    try {
      return { result: await own, joined: false };
    } finally {
      if (underWay.get(key) === own) underWay.delete(key);
    }
  };
}
