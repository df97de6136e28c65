/** The WebSocket to the node: it greets, asks, answers the clock, and comes back by itself after a loss. */

import { signal } from "@preact/signals";
import { VERSION, type Reason, type Reply, type ServerMessage, type Welcome } from "./protocol";
import { clientId, sessionId, token } from "./identity";

export type Link =
  | { state: "connecting" }
  | { state: "open" }
  /** Lost, or never reached: `since` in ms of performance.now(). `code` says why where the node told. */
  | { state: "lost"; since: number; code: string; message: string }
  /** The node asks for the token, and the page waits for the person. */
  | { state: "token"; message: string };

/** What the node refused, or could not do. `code` is one of the protocol's, or "lost". */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly reason: Reason | null = null,
  ) {
    super(message);
  }
}

export const link = signal<Link>({ state: "connecting" });

/** Milliseconds to add to a stamp of the node to get the page's clock; null until measured. */
let offset: number | null = null;

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5000;
const PAUSE_AFTER_RATE = 10000;
const REPLY_TIMEOUT = 20000;

type Listener = (message: ServerMessage) => void;
type BinaryListener = (buffer: ArrayBuffer) => void;

const listeners = new Set<Listener>();
const binaryListeners = new Set<BinaryListener>();
const waiting = new Map<
  number,
  { resolve: (reply: Reply) => void; reject: (reason: Refusal) => void; timer: number }
>();

let socket: WebSocket | null = null;
let nextId = 1;
let pause = FIRST_PAUSE;
let timer = 0;
let refused = { code: "", message: "" };

/** The page's clock: milliseconds since the epoch, with fractions, never stepping back. */
export const now = (): number => performance.timeOrigin + performance.now();

/** Milliseconds from a stamp of the node until now; null while the clocks are not compared yet. */
export const age = (stamp: number): number | null => (offset === null ? null : now() - (stamp + offset));

export function onMessage(listener: Listener): void {
  listeners.add(listener);
}

export function onBinary(listener: BinaryListener): void {
  binaryListeners.add(listener);
}

/** Send without waiting for anything; dropped where there is no connection. */
export function notify(type: string, fields: object = {}): void {
  if (link.peek().state === "open") socket?.send(JSON.stringify({ type, ...fields }));
}

/** Send bytes; false where there is no connection or too much waits to be sent. */
export function sendBinary(data: ArrayBuffer): boolean {
  if (link.peek().state !== "open" || socket === null || socket.bufferedAmount > 2 * data.byteLength) return false;
  socket.send(data);
  return true;
}

/** Ask the node. @throws {Refusal} where it says no, does not answer, or the connection is lost. */
export function request(type: string, fields: object = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    if (link.peek().state !== "open" || socket === null) {
      reject(new Refusal("lost", ""));
      return;
    }
    const id = nextId++;
    const giveUp = window.setTimeout(() => {
      waiting.delete(id);
      reject(new Refusal("unavailable", ""));
    }, REPLY_TIMEOUT);
    waiting.set(id, { resolve, reject, timer: giveUp });
    socket.send(JSON.stringify({ type, id, ...fields }));
  });
}

/** Connect now, whatever pause was meant to pass; the first call starts everything. */
export function connect(): void {
  window.clearTimeout(timer);
  if (socket !== null) return;
  if (link.peek().state !== "lost") link.value = { state: "connecting" };
  refused = { code: "", message: "" };
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  opened.binaryType = "arraybuffer";
  opened.onopen = () => {
    const secret = token.get();
    opened.send(
      JSON.stringify({
        type: "hello",
        version: VERSION,
        client: clientId(),
        session: sessionId(),
        ...(secret ? { token: secret } : {}),
      }),
    );
  };
  opened.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
    if (typeof event.data === "string") takeText(event.data);
    else for (const listener of binaryListeners) listener(event.data);
  };
  opened.onclose = (event) => {
    if (socket === opened) closed(event.code);
  };
  socket = opened;
}

/** Leave and greet again, as after a change of session or token. */
export function reconnect(): void {
  const old = socket;
  socket = null;
  failWaiting();
  old?.close(1000);
  link.value = { state: "connecting" };
  pause = FIRST_PAUSE;
  connect();
}

function takeText(text: string): void {
  const message = JSON.parse(text) as ServerMessage;
  switch (message.type) {
    case "welcome":
      welcome(message);
      break;
    case "refused":
      refused = { code: message.code, message: message.message };
      break;
    case "reply":
      answer(message);
      break;
    case "clock.ping":
      notify("clock.pong", { n: message.n, now: now() });
      offset = message.offset ?? offset;
      break;
  }
  for (const listener of listeners) listener(message);
}

function welcome(_: Welcome): void {
  pause = FIRST_PAUSE;
  offset = null;
  link.value = { state: "open" };
}

function answer(reply: Reply): void {
  const asked = waiting.get(reply.id);
  if (asked === undefined) return;
  waiting.delete(reply.id);
  window.clearTimeout(asked.timer);
  if (reply.ok) asked.resolve(reply);
  else asked.reject(new Refusal(reply.code ?? "failed", reply.message ?? "", reply.reason ?? null));
}

function failWaiting(): void {
  for (const asked of waiting.values()) {
    window.clearTimeout(asked.timer);
    asked.reject(new Refusal("lost", ""));
  }
  waiting.clear();
}

function closed(code: number): void {
  socket = null;
  failWaiting();
  if (code === 4401) {
    token.clear();
    link.value = { state: "token", message: refused.message };
    return;
  }
  const before = link.peek();
  const since = before.state === "lost" ? before.since : performance.now();
  const names: Record<number, string> = {
    1001: "ending",
    4408: "hello",
    4409: "slow",
    4413: "size",
    4429: "rate",
    4503: "full",
  };
  // Who has said goodbye is not "lost" when nobody answers any more.
  const still = before.state === "lost" && before.code === "ending" ? "ending" : "";
  link.value = { state: "lost", since, code: refused.code || names[code] || still, message: refused.message };
  timer = window.setTimeout(connect, code === 4429 || code === 4413 ? PAUSE_AFTER_RATE : pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && link.peek().state === "lost") connect();
});
window.addEventListener("online", () => {
  if (link.peek().state === "lost") connect();
});
