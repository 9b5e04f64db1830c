// What the user has entered, as the trial that the model runs.

/** How many requests one trial may send. More would not be readable. */
export const MAX_REPEATS = 500;

/** Returns the trial of a state. Throws an error with the field's name and what is wrong with it. */
export function trialOf(state, isTcp) {
  const repeat = number(state.repeat, "Repeat", 1, MAX_REPEATS);
  const pauses = [
    ...Array(repeat - 1).fill(span(state.advance, "Pause between requests")),
    ...state.steps.map((step) => span(step, "Advance clock by")),
  ];
  const common = {
    plugin: state.filter,
    configuration: state.configuration,
    repeat: repeat + state.steps.length,
    ...(pauses.length > 0 && { advance: pauses }),
  };
  if (isTcp) {
    return { ...common, tcp: { client: chunks(state.client), upstream: chunks(state.upstream) } };
  }
  const [path, ofUrl] = target(state.path.trim() || "/");
  const request = {
    method: method(state.method.trim() || "GET"),
    path,
    // Those that the user wrote count.
    headers: [...ofUrl, ...headers(state.headers, "Request headers")],
    body: state.body,
  };
  const upstream = {
    status: number(state.status, "Upstream status", 100, 599),
    headers: headers(state.upstreamHeaders, "Upstream headers"),
    body: state.upstreamBody,
  };
  const from = address(state.from.trim(), "Client address");
  return { ...common, request: { ...request, ...from }, upstream, services: state.services };
}

/** Returns the state that a trial's request, response and connection are entered as. */
export function fieldsOf({ request = {}, upstream = {}, tcp = {}, services = [], repeat = 1, advance = "0s" }) {
  const lines = (list = []) => list.map(([name, value]) => `${name}: ${value}`).join("\n");
  const escaped = (list = []) => list.map((chunk) => escape(chunk)).join("\n");
  return {
    ...(request.method && { method: request.method }),
    ...(request.path && { path: request.path }),
    headers: lines(request.headers),
    body: request.body ?? "",
    from: request.from ?? "",
    status: upstream.status ?? 200,
    upstreamHeaders: lines(upstream.headers),
    upstreamBody: upstream.body ?? "",
    ...(tcp.client && { client: escaped(tcp.client) }),
    upstream: escaped(tcp.upstream),
    services,
    repeat,
    advance: typeof advance === "string" ? advance : (advance[0] ?? "0s"),
  };
}

function number(text, field, least, most) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${field}: give a whole number from ${least} to ${most}`);
  }
  return value;
}

/** What a method and a header's name consist of: a token of RFC 9110, section 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

function method(text) {
  if (!TOKEN.test(text)) {
    throw new Error(`Method: \`${text}\` is not a method: write one such as GET`);
  }
  return text;
}

/** Returns a path, and the headers that a URL adds. */
function target(text) {
  const [, scheme, host, rest] = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(text) ?? [];
  const path = scheme === undefined ? text : rest.replace(/^(?!\/)/, "/");
  // Also what servers take: `OPTIONS *`.
  if (!path.startsWith("/") && path !== "*") {
    throw new Error(
      `Path: write a path, which begins with \`/\`, or a URL such as https://a.example/, not \`${text}\``,
    );
  }
  const [wrong] = /[\s\p{Cc}#]/u.exec(path) ?? [];
  if (wrong !== undefined) {
    const what = { " ": "a space", "#": "`#`" }[wrong] ?? "a control character";
    throw new Error(`Path: no client sends ${what} in it: write \`${encodeURIComponent(wrong)}\``);
  }
  const added = [
    ["host", host],
    [":scheme", scheme?.toLowerCase()],
  ];
  return [path, scheme === undefined ? [] : added];
}

function address(text, field) {
  if (text === "") {
    return {};
  }
  const isV4 = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split(".").every((part) => Number(part) < 256);
  if (!isV4 && !(text.includes(":") && URL.canParse(`http://[${text}]/`))) {
    throw new Error(`${field}: give an IP address, such as 192.0.2.7 or 2001:db8::1`);
  }
  return { from: text };
}

function span(text, field) {
  const trimmed = text.trim();
  if (!/^\d+(ms|s|m|h|d)$/.test(trimmed)) {
    throw new Error(`${field}: write a whole number and ms, s, m, h or d, such as 10s`);
  }
  return trimmed;
}

/** Reads a header per line. */
function headers(text, field) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    // A pseudo-header begins with a colon.
    const colon = line.indexOf(":", 1);
    if (colon < 1) {
      throw new Error(`${field}: write \`name: value\` in each line, not \`${line.trim()}\``);
    }
    const name = line.slice(0, colon).trim();
    if (!TOKEN.test(name.replace(/^:/, ""))) {
      throw new Error(`${field}: \`${name}\` is not a header name`);
    }
    return [name, line.slice(colon + 1).trim()];
  });
}

const ESCAPES = { n: 10, r: 13, t: 9, 0: 0, "\\": 92 };

/** Reads a chunk per line, with the escapes `\r`, `\n`, `\t`, `\0`, `\\` and `\x1f`. */
function chunks(text) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const bytes = [];
      const rest = line.matchAll(/\\x([0-9a-f]{2})|\\([nrt0\\])|([^])/giu);
      for (const [, hex, escape, character] of rest) {
        if (hex !== undefined) {
          bytes.push(Number.parseInt(hex, 16));
        } else if (escape !== undefined) {
          bytes.push(ESCAPES[escape]);
        } else {
          bytes.push(...new TextEncoder().encode(character));
        }
      }
      return bytes;
    });
}

/** Returns bytes, as reports have them, with escapes. */
export function escape(value) {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : Uint8Array.from(value);
  const text = new TextDecoder().decode(bytes);
  const isText = !text.includes("\ufffd");
  const byte = (number) => `\\x${number.toString(16).padStart(2, "0")}`;
  const shown = (character) =>
    ({ "\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\" })[character] ??
    (/\p{Cc}/u.test(character) ? [...new TextEncoder().encode(character)].map(byte).join("") : character);
  return isText
    ? [...text].map(shown).join("")
    : [...bytes]
        .map((number) =>
          number < 0x20 || number > 0x7e
            ? ({ 10: "\\n", 13: "\\r", 9: "\\t" }[number] ?? byte(number))
            : number === 92
              ? "\\\\"
              : String.fromCharCode(number),
        )
        .join("");
}
