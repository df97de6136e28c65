import { expect, test } from "vitest";
import { freshPage } from "./socket";

freshPage();

test("both languages say the same things", async () => {
  const { en } = await import("../src/i18n/en");
  const { ko } = await import("../src/i18n/ko");
  const names = (texts: object): string[] =>
    Object.entries(texts).flatMap(([name, value]) =>
      typeof value === "object" ? names(value as object).map((inner) => `${name}.${inner}`) : [name],
    );
  expect(names(ko).sort()).toEqual(names(en).sort());
});

test("figures are short, and a dash where nothing is known", async () => {
  const { bytes, figure, labelName, percent } = await import("../src/i18n");
  expect(percent(0.874)).toBe("87\u00a0%");
  expect(percent(NaN)).toBe("–");
  expect(figure(null)).toBe("–");
  expect(figure(1.25, 1)).toBe("1.3");
  expect([bytes(10), bytes(2.5e6), bytes(undefined)]).toEqual(["1 kB", "2.5 MB", "–"]);
  expect(labelName("taught by somebody")).toBe("taught by somebody");
});

test("a label has one colour, also one that nobody knew", async () => {
  const { colour } = await import("../src/colours");
  expect(colour("happy")).toBe("var(--label-happy)");
  expect(colour("bored")).toMatch(/^var\(--label-other-[0-3]\)$/);
  expect(colour("bored")).toBe(colour("bored"));
});

test("an unknown address shows the first page, and a session lasts until the next person", async () => {
  location.hash = "#nowhere";
  const { tab } = await import("../src/route");
  expect(tab.value).toBe("watch");
  const { clientId, newSession, sessionId } = await import("../src/identity");
  const { vi } = await import("vitest");
  expect(clientId()).toBe(clientId());
  const before = sessionId();
  expect(sessionId()).toBe(before);
  vi.advanceTimersByTime(1000);
  newSession();
  expect(sessionId()).not.toBe(before);
});

test("a reason is worded by its code; the English of the node is never shown", async () => {
  const { Refusal } = await import("../src/connection");
  const { language } = await import("../src/i18n");
  const { reasons, why } = await import("../src/i18n/reasons");
  const { reason } = await import("../src/toast");
  expect(Object.keys(reasons.ko).sort()).toEqual(Object.keys(reasons.en).sort());
  const taken = { code: "model_taken", values: { name: "kim" } };
  const refusal = new Refusal("failed", "delete it by `fer models delete kim`", taken);
  const label = { code: "one_label", values: { label: "happy" } };
  expect(reason(refusal)).toContain("“kim” exists already");
  expect(why(label)).toBe("All pictures show Happy. Record at least one other expression.");
  language.set("ko");
  expect(reason(refusal)).toMatch(/“kim”.*이미/);
  expect(why(label)).toContain("행복");
  expect(reason(new Refusal("failed", "something in English"))).toBe("실패했습니다.");
  expect(reason(new Refusal("failed", "new", { code: "not known here", values: {} }))).toBe("실패했습니다.");
  language.set("en");
});

test("one is said in the singular, on both pages", async () => {
  const { en } = await import("../src/i18n/en");
  const { words } = await import("../src/alone/page/words");
  const said = (texts: object): string[] =>
    Object.values(texts).flatMap((value) =>
      typeof value === "function" ? [String((value as (...given: number[]) => string)(1, 1, 1))] : said(Object(value) === value ? (value as object) : {}),
    );
  const many = said({ en, alone: words.value }).filter((text) =>
    /\b1 (\S+ )?(pictures|samples|faces|files|seconds|takes|labels|are|were)\b(?![/])/.test(text),
  );
  expect(many).toEqual([]);
});
