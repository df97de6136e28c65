/** What the bars of both pages have: the mark, and the buttons of colours and language. */

import { language, text } from "../i18n";
import { nextTheme, theme } from "../theme";
import { Button } from "./controls";

export function Mark() {
  return (
    <>
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <circle cx="11" cy="13" r="2" />
        <circle cx="21" cy="13" r="2" />
        <path d="M9.5 19.5c3 4.6 10 4.6 13 0" />
      </svg>
      <span>fer_ros</span>
    </>
  );
}

export function Tastes() {
  const words = text.value.bar;
  const other = language.value.value === "en" ? "ko" : "en";
  return (
    <>
      <Button
        icon={theme.value.value}
        kind="quiet"
        label={words.theme[theme.value.value]}
        onClick={nextTheme}
        testId="theme"
      />
      <button
        type="button"
        class="button quiet language"
        lang={other}
        aria-label={words.language}
        title={words.language}
        onClick={() => language.set(other)}
        data-testid="language"
      >
        {other === "ko" ? "한" : "EN"}
      </button>
    </>
  );
}
