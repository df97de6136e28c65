import { afterEach, expect, test, vi } from "vitest";
import { sha256 } from "../../src/alone/files/sha256";

const bytes = (words: string) => new TextEncoder().encode(words);

afterEach(() => vi.unstubAllGlobals());

test("SHA-256 without the browser's: the vectors of FIPS 180-4, and every length around a block", async () => {
  const lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000];
  const some = lengths.map((length) => Uint8Array.from({ length }, (_, at) => (at * 31) % 251));
  const wanted = await Promise.all(some.map(sha256));
  vi.stubGlobal("crypto", {});
  expect(await Promise.all(some.map(sha256))).toEqual(wanted);
  expect(await sha256(bytes("abc"))).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(await sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))).toBe(
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
  expect(await sha256(bytes("a".repeat(1_000_000)))).toBe(
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
  );
});
