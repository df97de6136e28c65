/** The face as an emoticon: copied with one tap, or put on the photograph. */

import { signal } from "@preact/signals";
import { colour } from "../colours";
import { choose, keepPhoto, keyboard, type Photographer } from "../emoticon";
import { current, type Reading } from "../faces";
import { labelName, text } from "../i18n";
import { kept } from "../identity";
import { Button, Choice } from "../parts/controls";
import { Stage, isMirrored } from "../parts/stage";
import { Actions, KeyboardSwitch, Message, Spoken } from "../parts/spoken";
import { photograph } from "../photo";
import { welcome } from "../state";
import { whyNobody } from "./watch";

const does = kept("tap-does", ["copy", "photo"]);
const place = kept("place", ["over", "beside"]);
/** The reading that was held still, so that it can be tapped before the face moves on. */
const frozen = signal<Reading | null>(null);

function photographer(reading: Reading | null): Photographer {
  return (emoticon) => photograph({ reading, emoticon, place: place.value.peek(), mirrored: isMirrored() });
}

const tap = (emoticon: string) =>
  does.value.peek() === "copy" ? choose(emoticon) : keepPhoto(photographer(current.peek()), emoticon);

function Tile({ emoticon, label }: { emoticon: string; label: string }) {
  const words = text.value.emoticons;
  const name = does.value.value === "copy" ? words.choose(emoticon) : `${words.save}: ${emoticon}`;
  return (
    <button
      type="button"
      class="tile emoji"
      aria-label={`${name}, ${labelName(label)}`}
      title={labelName(label)}
      onClick={() => void tap(emoticon)}
    >
      {emoticon}
    </button>
  );
}

export function EmoticonsView() {
  const words = text.value.emoticons;
  const reading = frozen.value ?? current.value;
  const nobody = whyNobody();
  const table = welcome.value?.emoticons ?? {};
  const others = reading ? [reading.emoticon, ...reading.emoticons].slice(1) : [];
  if (keyboard.value.value === "yes")
    return (
      <div class="typing">
        <Message>
          <KeyboardSwitch />
        </Message>
        <div class="seen">
          <Stage compact />
          <Spoken
            label={reading?.label ?? null}
            signs={reading ? [reading.emoticon, ...reading.emoticons].filter(Boolean) : []}
            nobody={nobody}
            photographer={reading && photographer(reading)}
          />
        </div>
      </div>
    );
  return (
    <>
      <div class="left">
        <Stage compact />
        <section class="card gallery" aria-label={words.all}>
          <header>
            <h2>{words.all}</h2>
            <p class="hint">{words.source}</p>
          </header>
          <dl>
            {Object.entries(table).map(([label, list]) => (
              <div key={label} class={reading?.label === label ? "chosen" : ""} style={{ "--label": colour(label) }}>
                <dt>{labelName(label)}</dt>
                <dd>
                  {list.map((emoticon) => (
                    <Tile key={emoticon} emoticon={emoticon} label={label} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
      <div class="right">
        <section
          class="card yours"
          aria-label={words.title}
          style={{ "--label": reading ? colour(reading.label) : "var(--muted)" }}
        >
          <header>
            <h2>{words.title}</h2>
            <KeyboardSwitch />
          </header>
          <button
            type="button"
            class="emoji huge"
            aria-disabled={!reading?.emoticon}
            aria-label={
              reading ? `${words.choose(reading.emoticon)}, ${labelName(reading.label)}` : nobody.title
            }
            onClick={() => reading?.emoticon && void tap(reading.emoticon)}
            data-testid="emoticon"
            data-emoticon={reading?.emoticon ?? ""}
          >
            <span key={reading?.emoticon ?? ""}>{reading?.emoticon || nobody.sign}</span>
          </button>
          <p class="label">{reading ? labelName(reading.label) : nobody.title}</p>
          <Actions
            sign={reading?.emoticon ?? ""}
            photographer={reading && photographer(reading)}
            first={does.value.value}
          >
            <Button
              icon="pause"
              pressed={frozen.value !== null}
              disabled={!reading}
              onClick={() => (frozen.value = frozen.value ? null : current.value)}
            >
              {frozen.value ? words.frozen : words.freeze}
            </Button>
          </Actions>
          <h3>{words.candidates}</h3>
          <div class="tiles" data-testid="candidates">
            {reading && others.length > 0 ? (
              others.map((emoticon) => <Tile key={emoticon} emoticon={emoticon} label={reading.label} />)
            ) : (
              <span class="hint">–</span>
            )}
          </div>
          <div class="choices">
            <Choice
              label={words.tapDoes}
              choices={[
                { value: "copy", name: words.tapCopies },
                { value: "photo", name: words.tapSaves },
              ]}
              value={does.value.value}
              onChoose={does.set}
            />
            <Choice
              label={words.place}
              choices={[
                { value: "over", name: words.over },
                { value: "beside", name: words.beside },
              ]}
              value={place.value.value}
              onChoose={place.set}
            />
          </div>
        </section>
      </div>
    </>
  );
}
