import { expect, test } from "vitest";
import { resolve, unfit } from "../src/names";

const LABELS = ["happy", "sad", "one eyebrow"];
const ALIASES = { joy: "happy", 기쁨: "happy", unhappy: "sad", none: "none of these" };

test("a name in other writing, or another name of a label, is that label", () => {
  for (const name of ["happy", "Happy ", "joy", "JOY", "3_happy", "기쁨", "기쁨".normalize("NFD")])
    expect(resolve(name, LABELS, ALIASES)).toBe("happy");
  expect(resolve("One_Eyebrow", LABELS, ALIASES)).toBe("one eyebrow");
  for (const name of ["winking", "none", "constructor", "12", ""]) expect(resolve(name, LABELS, ALIASES)).toBe("");
});

test("what could stand for two labels stands for none", () => {
  expect(resolve("기쁨", ["happy", "joy"], ALIASES)).toBe("");
  expect(resolve("joy", ["happy", "joy"], ALIASES)).toBe("joy");
});

test("a name that the robot would refuse is refused", () => {
  expect(unfit("one, two")).toBe("comma");
  for (const name of ["", " happy", "a\u0007", "a\u00a0b", "x".repeat(65)]) expect(unfit(name)).toBe("name");
  for (const name of ["winking", "one eyebrow", "윙크", "🙃"]) expect(unfit(name)).toBe(null);
});
