import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Folder } from "../server/messages.js";
import { Problem, useAction } from "./action.js";
import { readFolder } from "./api.js";
import { roots } from "./store.js";
import { nameOf } from "./words.js";

/** Chooses a folder under the served ones, or, with `manifests`, a manifest. */
export function FolderPicker({
  legend,
  choice,
  manifests = false,
  onChoose,
}: {
  readonly legend: string;
  /** Words of the button that takes the folder. */
  readonly choice: string;
  readonly manifests?: boolean;
  readonly onChoose: (path: string, folder: Folder) => void;
}): JSX.Element {
  const folder = useSignal<Folder | undefined>(undefined);
  const action = useAction();
  const go = (path: string): void => {
    void action.run(async () => {
      folder.value = await readFolder(path);
    });
  };
  const first = roots.value[0];
  useEffect(() => {
    if (first !== undefined && !folder.value) go(first);
  }, [first]);
  const here = folder.value;
  return (
    <fieldset class="picker">
      <legend>{legend}</legend>
      {roots.value.length > 1 && (
        <div class="row">
          {roots.value.map((root) => (
            <button key={root} type="button" onClick={() => go(root)}>
              {nameOf(root)}
            </button>
          ))}
        </div>
      )}
      {here && (
        <>
          <p class="path">
            <code>{here.path}</code>: {here.videos.length} videos, {here.folders.length} folders
            {here.more > 0 ? `; ${here.more} more entries are not shown` : ""}
          </p>
          <ul class="entries" aria-label={`Folders in ${nameOf(here.path)}`}>
            {here.above !== null && (
              <li>
                <button type="button" onClick={() => go(here.above!)}>
                  ↑ {nameOf(here.above)}
                </button>
              </li>
            )}
            {here.folders.map(({ name, path }) => (
              <li key={path}>
                <button type="button" onClick={() => go(path)}>
                  {name}/
                </button>
              </li>
            ))}
            {manifests &&
              here.manifests.map(({ name, path }) => (
                <li key={path}>
                  <button type="button" onClick={() => onChoose(path, here)}>
                    {name}
                  </button>
                </li>
              ))}
          </ul>
          {/* Not while another folder is on its way: it would be the wrong one that is taken. */}
          <button
            type="button"
            class="main"
            disabled={action.busy.value}
            onClick={() => onChoose(here.path, here)}
          >
            {choice}
          </button>
        </>
      )}
      <Problem text={action.problem.value} />
    </fieldset>
  );
}
