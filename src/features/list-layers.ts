/** Most layers that an error lists, the last ones. */
const maxListed = 500;

/** Most characters of a name that are shown: the file decides how long it is. */
const maxShown = 200;

/** The layers of a network for an error to end with, those that come last. */
export function listLayers(names: readonly string[]): string {
  if (names.length === 0) return "It has no layers.";
  const listed = names.slice(-maxListed);
  const lines = [
    ...(names.length > listed.length ? [`(${names.length - listed.length} more)`] : []),
    ...listed.map((name) => (name.length > maxShown ? `${name.slice(0, maxShown)}…` : name)),
  ];
  return `Its layers are:\n  ${lines.join("\n  ")}`;
}
