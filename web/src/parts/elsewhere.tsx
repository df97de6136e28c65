/** How a model is used outside of this page: a snippet each for Python, ROS and the browser. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { copy } from "../copy";
import { text } from "../i18n";
import { tell, warn } from "../toasts";
import { Button, Choice } from "./controls";
import { Dialog } from "./dialog";

const WAYS = ["python", "ros", "browser"] as const;
const way = signal<(typeof WAYS)[number]>("python");

/** The test of the page runs the first one as it stands here. */
const SNIPPETS = {
  python: (name: string) => `# pip install fer_ros opencv-python; unzip ${name}.zip
from pathlib import Path

import cv2
import fer_ros

reader = fer_ros.Reader(Path("${name}"))
for face in reader.read(cv2.imread("people.jpg")):
    print(face.label, face.scores)
`,
  ros: (name: string, namespace: string) => `unzip ${name}.zip -d ~/.ros/fer/models
ros2 service call ${namespace}/load_model fer_msgs/srv/LoadModel "{name: ${name}}"
ros2 topic echo ${namespace}/emotions
`,
  browser: (name: string) => `unzip ${name}.zip -d ~/.ros/fer/models
fer export --web page --model ${name}
python3 -m http.server --directory page 8000   # http://localhost:8000
`,
};

interface ElsewhereProps {
  name: string;
  /** Of the robot's topics and services. */
  namespace: string;
  onClose: () => void;
  /** After the first sentence: what downloads the model, where nothing outside does. */
  children?: ComponentChildren;
}

export function ElsewhereDialog({ name, namespace, onClose, children }: ElsewhereProps) {
  const words = text.value.elsewhere;
  const snippet = SNIPPETS[way.value](name, namespace.replace(/\/$/, ""));
  return (
    <Dialog title={words.title(name)} onClose={onClose}>
      <p>{words.first}</p>
      {children}
      <Choice
        label={words.way}
        hideLabel
        choices={WAYS.map((one) => ({ value: one, name: words.ways[one] }))}
        value={way.value}
        onChoose={(next) => (way.value = next)}
      />
      <p class="hint">{words.what[way.value]}</p>
      <pre class="snippet" tabIndex={0} data-testid="snippet">
        {snippet}
      </pre>
      <Button icon="copy" onClick={() => copy(snippet).then(() => tell(words.copied), () => warn(text.peek().emoticons.notCopied))}>
        {words.copy}
      </Button>
    </Dialog>
  );
}
