/** What Python computed: scripts/web_numbers.py. */

import found from "./numbers.json";

export const numbers = found;
export const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const floats = (text: string): Float32Array => new Float32Array(bytes(text).buffer);
