/** Who this browser is to the node: a random client, the person's session, and the token where one is needed. */

import { signal } from "@preact/signals";

type Area = "localStorage" | "sessionStorage";

const store = {
  get(area: Area, key: string): string | null {
    try {
      return window[area].getItem(key); // naming it may be forbidden already
    } catch {
      return null; // storage is forbidden: the value lives as long as the page
    }
  },
  set(area: Area, key: string, value: string): void {
    try {
      window[area].setItem(key, value);
    } catch {
      // as above
    }
  },
};

/** A value kept in localStorage, as a signal; what is not allowed becomes the first of the choices. */
export function kept<T extends string>(key: string, choices: readonly T[], fallback: T = choices[0]!) {
  const saved = store.get("localStorage", `fer.${key}`) as T | null;
  const value = signal<T>(saved !== null && choices.includes(saved) ? saved : fallback);
  return {
    value,
    set(next: T) {
      value.value = next;
      store.set("localStorage", `fer.${key}`, next);
    },
  };
}

/** Anything that JSON can say, kept in localStorage, as a signal that all tabs share. `read` makes it of what is there, whatever that is. */
export function keptJson<T>(key: string, read: (saved: unknown) => T) {
  const parse = (text: string | null): unknown => {
    try {
      return JSON.parse(text ?? "null");
    } catch {
      return null;
    }
  };
  const name = `fer.${key}`;
  const value = signal(read(parse(store.get("localStorage", name))));
  // Another tab has changed it, which would be undone by the next change here.
  window.addEventListener("storage", (event) => {
    if (event.key === name) value.value = read(parse(event.newValue));
  });
  return {
    value,
    set(next: T) {
      value.value = next;
      store.set("localStorage", name, JSON.stringify(next));
    },
  };
}

let client = "";

export function clientId(): string {
  client ||= store.get("localStorage", "fer.client") ?? "";
  if (!/^[\w-]{8,64}$/.test(client)) {
    client = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    );
    store.set("localStorage", "fer.client", client);
  }
  return client;
}

function stampOfNow(): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const at = new Date();
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  return `${day}-${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
}

/** This person's session; made when it is first asked for. */
export const session = signal(store.get("localStorage", "fer.session") ?? "");

export function sessionId(): string {
  if (!/^\d{8}-\d{6}$/.test(session.peek())) newSession();
  return session.peek();
}

/** The next person begins: what is recorded from now on goes into a bag of its own. */
export function newSession(): void {
  resumeSession(stampOfNow());
}

/** Go on with a session: what was recorded in it is counted again. */
export function resumeSession(id: string): void {
  session.value = id;
  store.set("localStorage", "fer.session", id);
}

let secret = "";

export const token = {
  /** The token of the link that was opened; it is taken out of the address bar, and lives as long as the tab. */
  get(): string {
    const given = /^#token=([^&]+)/.exec(location.hash);
    if (given) {
      token.set(given[1]!);
      history.replaceState(null, "", location.pathname);
    }
    secret ||= store.get("sessionStorage", "fer.token") ?? "";
    return secret;
  },
  /** Of what was typed or pasted, only what a token may hold. */
  set(value: string): void {
    secret = value.replace(/[^\w-]/g, "").slice(0, 256);
    store.set("sessionStorage", "fer.token", secret);
  },
  clear(): void {
    token.set("");
  },
};
