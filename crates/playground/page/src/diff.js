// What a filter changed, line by line.

import { diffArrays } from "diff";

import { escape } from "./trial.js";

/** A request or response as lines: a header each, then the body and the trailers. */
export function linesOf(message) {
  if (!message) {
    return [];
  }
  const header = ([name, value]) => `${name}: ${shown(value)}`;
  const lines = message.headers.map(header);
  if (message.status !== undefined) {
    lines.unshift(`:status: ${message.status}`);
  }
  const body = shown(message.body);
  if (body !== "") {
    lines.push(...["", ...body.replace(/\n$/, "").split("\n")]);
  }
  return [...lines, ...message.trailers.map((trailer) => `trailer ${header(trailer)}`)];
}

/** Returns lines as `{kind, text}`; `kind` is `same`, `removed` or `added`. */
export function changes(before, after) {
  const kind = ({ added, removed }) => (added ? "added" : removed ? "removed" : "same");
  return diffArrays(before, after).flatMap((part) => part.value.map((text) => ({ kind: kind(part), text })));
}

/** Returns the same of bytes, whose lines end after each line feed. What was put before them is apart. */
export function changesOfBytes(before, after) {
  const lines = (text) => text.split(/(?<=\\n)/).filter((line) => line !== "");
  const [sent, received] = [escape(before ?? ""), escape(after ?? "")];
  if (!received.endsWith(sent)) {
    return changes(lines(sent), lines(received));
  }
  const added = received.slice(0, received.length - sent.length);
  const of = (kind) => (text) => ({ kind, text });
  return [...lines(added).map(of("added")), ...lines(sent).map(of("same"))];
}

/** Returns bytes as text if they are text, else with escapes. */
function shown(value) {
  return typeof value === "string" ? value : escape(value);
}
