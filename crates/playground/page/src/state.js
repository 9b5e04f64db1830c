// What the user has entered, and its form in the address.

/** What a new page shows of a request, its response and a connection. */
export const DEFAULTS = {
  filter: "add-header",
  configuration: "",
  method: "GET",
  path: "/",
  headers: "",
  body: "",
  from: "",
  status: 200,
  upstreamHeaders: "",
  upstreamBody: "",
  client: "hello\\r\\n",
  upstream: "",
  services: [],
  repeat: 1,
  advance: "0s",
  step: "10s",
  steps: [],
};

/** Marks the version of the form. */
const VERSION = "#1.";

/** The most KB of JSON that a link may hold. Much more may look small when it is compressed, and browsers limit addresses to 1 MB. */
export const MAX_KB = 500;

/** How many arguments a function can take in every browser. */
const MAX_ARGUMENTS = 8192;

/** Returns the fragment for a state: what differs from the defaults, compressed. `undefined` if that is too large. */
export async function fragmentOf(state) {
  const differs = ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name]);
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(Object.entries(state).filter(differs))));
  if (json.length > MAX_KB * 1000) {
    return undefined;
  }
  const compressed = await through(json, new CompressionStream("deflate-raw"));
  let binary = "";
  for (let at = 0; at < compressed.length; at += MAX_ARGUMENTS) {
    binary += String.fromCharCode(...compressed.subarray(at, at + MAX_ARGUMENTS));
  }
  return VERSION + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Returns the state of a fragment, `undefined` if it has none. Throws if the fragment is damaged or holds too much. */
export async function stateOf(fragment) {
  if (!fragment.startsWith(VERSION)) {
    return undefined;
  }
  let json;
  try {
    const base64 = fragment.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/");
    const compressed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    json = await through(compressed, new DecompressionStream("deflate-raw"), MAX_KB * 1000);
    if (json !== undefined) {
      return stateFrom(JSON.parse(new TextDecoder().decode(json)));
    }
  } catch {
    throw new Error("the link is damaged: copy it again, as a whole");
  }
  throw new Error(`the link holds more than ${MAX_KB} KB, the most that this page reads from one`);
}

/** Returns a complete state. Ignores what is unknown or of another type. */
export function stateFrom(part) {
  const kind = (value) => (Array.isArray(value) ? "list" : typeof value);
  const isKnown = (name, like) =>
    kind(part?.[name]) === kind(like) && (ITEMS[name] === undefined || part[name].every(ITEMS[name]));
  const entries = Object.entries(DEFAULTS).map(([name, like]) => [name, isKnown(name, like) ? part[name] : like]);
  return Object.fromEntries(entries);
}

/** Whether an item of a list is of its type. */
const ITEMS = {
  steps: (item) => typeof item === "string",
  services: (item) => typeof item === "object" && item !== null,
};

/** Returns what a transformation makes of bytes, `undefined` if that is more than `most` bytes. */
async function through(bytes, transform, most = Infinity) {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const chunks = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > most) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(next.value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
