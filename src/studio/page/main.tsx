import { type JSX, render } from "preact";
import { ClipView } from "./clip-view.js";
import { LabelView } from "./label-view.js";
import {
  announcement,
  connect,
  connection,
  opened,
  type ViewName,
  view,
  viewNames,
} from "./store.js";
import { SuggestView } from "./suggest-view.js";
import { TrainView } from "./train-view.js";

const titles: Readonly<Record<ViewName, string>> = {
  label: "Label",
  train: "Train",
  suggest: "Suggest",
};

function Studio(): JSX.Element {
  const clip = opened.value;
  return (
    <>
      <header>
        <span class="brand">Muybridge studio</span>
        <nav aria-label="Pages">
          {viewNames.map((name) => (
            <button
              key={name}
              type="button"
              aria-current={view.value === name ? "page" : undefined}
              onClick={() => {
                view.value = name;
              }}
            >
              {titles[name]}
            </button>
          ))}
        </nav>
      </header>
      <main>
        <Standing />
        {connection.value !== "refused" && connection.value !== "opening" && <View />}
      </main>
      {clip && <ClipView key={`${clip.path}#${clip.start ?? ""}`} clip={clip} />}
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}

function View(): JSX.Element {
  if (view.value === "train") return <TrainView />;
  return view.value === "suggest" ? <SuggestView /> : <LabelView />;
}

/** How the page stands with the server, where that is not well. */
function Standing(): JSX.Element | null {
  if (connection.value === "refused") {
    return (
      <>
        <h1>Not let in</h1>
        <p class="problem" role="alert">
          Open the address that the server printed when it was started: it holds the key. After a
          new start there is a new address; nothing is lost.
        </p>
      </>
    );
  }
  if (connection.value !== "lost") return null;
  return (
    <p class="problem" role="alert">
      The server does not answer. Is it still running? This page goes on when it does.
    </p>
  );
}

render(<Studio />, document.getElementById("studio")!);
void connect();
