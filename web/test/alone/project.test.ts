import { expect, test } from "vitest";
import { json, readProject, writeProject, type Project } from "../../src/alone/files/project";
import { crc32, unzip, zip } from "../../src/alone/files/zip";

const LIMITS = { files: 10, bytes: 1000 };
const text = (words: string) => new TextEncoder().encode(words);

const project: Project = {
  labels: ["happy", "눈 깜박임"],
  samples: [
    { label: "happy", subject: "kim", take: 1, stamp: 5.5, picture: Uint8Array.of(0x89, 1), type: "image/png" },
    { label: "눈 깜박임", subject: "", take: 0, stamp: 0, picture: Uint8Array.of(0xff, 2), type: "image/jpeg" },
  ],
  model: null,
};

test("a project comes back as it was written", async () => {
  expect(await readProject(writeProject(project, "test"))).toEqual(project);
});

test("an archive comes back, and what is damaged or too large is refused", async () => {
  expect(crc32(text("123456789"))).toBe(0xcbf43926);
  const packed = zip(new Map([["a/é.txt", text("hello")]]));
  expect(new TextDecoder().decode((await unzip(packed, LIMITS)).get("a/é.txt"))).toBe("hello");
  await expect(unzip(packed.subarray(0, 40), LIMITS)).rejects.toThrow("file_other");
  await expect(unzip(packed, { files: 10, bytes: 4 })).rejects.toThrow("file_large");
  await expect(unzip(zip(new Map([["../x", text("")]])), LIMITS)).rejects.toThrow("file_damaged ../x");
});

test("what is no project, or a newer one, or names what is not there, is refused with a reason", async () => {
  const made = (head: object) => zip(new Map([["project.json", json(head)]]));
  await expect(readProject(made({}))).rejects.toThrow("file_other");
  await expect(readProject(made({ format: "fer_ros project", version: 2 }))).rejects.toThrow("file_newer");
  const lost = { format: "fer_ros project", version: 1, samples: [{ file: "pictures/1.png", label: "happy" }] };
  await expect(readProject(made(lost))).rejects.toThrow("file_missing pictures/1.png");
});
