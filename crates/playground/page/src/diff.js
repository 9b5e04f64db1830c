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

/** Bytes as lines, which end after each line feed. */
export function linesOfBytes(bytes) {
  return escape(bytes ?? "").split(/(?<=\\n)/).filter((line) => line !== "");
}

/** Returns lines as `{kind, text}`; `kind` is `same`, `removed` or `added`. */
export function changes(before, after) {
  const kind = ({ added, removed }) => (added ? "added" : removed ? "removed" : "same");
  return diffArrays(before, after).flatMap((part) => part.value.map((text) => ({ kind: kind(part), text })));
}

/** Returns bytes as text if they are text, else with escapes. */
function shown(value) {
  return typeof value === "string" ? value : escape(value);
}
