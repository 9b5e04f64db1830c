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

/** Returns the fragment for a state: what differs from the defaults, compressed. */
export async function fragmentOf(state) {
  const differs = ([name, value]) => JSON.stringify(value) !== JSON.stringify(DEFAULTS[name]);
  const json = JSON.stringify(Object.fromEntries(Object.entries(state).filter(differs)));
  const compressed = await through(new TextEncoder().encode(json), new CompressionStream("deflate-raw"));
  const base64 = btoa(String.fromCharCode(...compressed));
  return VERSION + base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Returns the state of a fragment, `undefined` if it has none. Throws if the fragment is damaged. */
export async function stateOf(fragment) {
  if (!fragment.startsWith(VERSION)) {
    return undefined;
  }
  try {
    const base64 = fragment.slice(VERSION.length).replaceAll("-", "+").replaceAll("_", "/");
    const compressed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const json = await through(compressed, new DecompressionStream("deflate-raw"));
    return stateFrom(JSON.parse(new TextDecoder().decode(json)));
  } catch {
    throw new Error("the link is damaged: copy it again, as a whole");
  }
}

/** Returns a complete state. Ignores what is unknown or of another type. */
export function stateFrom(part) {
  const sameKind = (value, like) => typeof value === typeof like && Array.isArray(value) === Array.isArray(like);
  const entries = Object.entries(DEFAULTS).map(([name, like]) => [
    name,
    sameKind(part[name], like) ? part[name] : like,
  ]);
  return Object.fromEntries(entries);
}

async function through(bytes, transform) {
  const stream = new Blob([bytes]).stream().pipeThrough(transform);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
