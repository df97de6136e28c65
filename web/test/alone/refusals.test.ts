import { expect, test } from "vitest";
import { language } from "../../src/i18n";
import { worded } from "../../src/alone/page/refusals";
import { refused, Refused } from "../../src/alone/refused";

test("why a file is refused is said in the language of the page", () => {
  const error = new Refused("file_damaged", "pictures/1.png");
  language.set("en");
  expect(worded(error)).toBe("This file cannot be opened: it is damaged (pictures/1.png).");
  language.set("ko");
  expect(worded(error)).toBe("이 파일을 열 수 없습니다. 손상되었습니다 (pictures/1.png).");
});

test("a full storage is told from other errors, and none is without words", () => {
  expect(refused(new DOMException("", "QuotaExceededError")).code).toBe("full");
  expect(refused(new DOMException("", "UnknownError"))).toMatchObject({ code: "failed", value: "UnknownError" });
  expect(refused("why")).toMatchObject({ code: "failed", value: "why" });
});
