/** A WebSocket whose other end is the test. Import it before anything that connects. */

import { beforeEach, vi } from "vitest";

export class TestSocket {
  static last: TestSocket;
  binaryType = "";
  bufferedAmount = 0;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    TestSocket.last = this;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  close(): void {}

  /** The node says something. */
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  drop(code: number): void {
    this.onclose?.({ code });
  }
}

/** Fresh modules for each test: the page keeps its state in them. */
export function freshPage(): void {
  beforeEach(() => {
    vi.resetModules();
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", TestSocket);
    localStorage.clear();
    sessionStorage.clear();
    location.hash = "";
  });
}

/** The page's connection, greeted and open. */
export async function opened() {
  const connection = await import("../src/connection");
  connection.connect();
  const socket = TestSocket.last;
  socket.onopen?.();
  socket.say({ type: "welcome" });
  return { connection, socket };
}
