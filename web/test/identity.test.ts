import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("where naming the storage is forbidden, values live as long as the page", async () => {
  for (const area of ["localStorage", "sessionStorage"] as const)
    vi.spyOn(window, area, "get").mockImplementation(() => {
      throw new DOMException("The operation is insecure.", "SecurityError");
    });
  const { clientId, kept, keptJson, sessionId, token } = await import("../src/identity");
  const choice = kept("choice", ["a", "b"]);
  choice.set("b");
  expect(choice.value.value).toBe("b");
  const list = keptJson("list", (saved) => saved ?? []);
  list.set([1]);
  expect(list.value.value).toEqual([1]);
  expect(clientId()).toBe(clientId());
  expect(sessionId()).toBe(sessionId());
  token.set("secret");
  expect(token.get()).toBe("secret");
});

test("what another tab keeps is taken over", async () => {
  const { keptJson } = await import("../src/identity");
  const list = keptJson("shared", (saved) => (Array.isArray(saved) ? (saved as number[]) : []));
  window.dispatchEvent(new StorageEvent("storage", { key: "fer.other", newValue: "[3]" }));
  expect(list.value.value).toEqual([]);
  window.dispatchEvent(new StorageEvent("storage", { key: "fer.shared", newValue: "[1, 2]" }));
  expect(list.value.value).toEqual([1, 2]);
  window.dispatchEvent(new StorageEvent("storage", { key: "fer.shared", newValue: null }));
  expect(list.value.value).toEqual([]);
});
