// What happened, as elements of the page.

import { changes, linesOf, linesOfBytes } from "./diff.js";

/** Creates an element. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (attribute.startsWith("on")) {
      made.addEventListener(attribute.slice(2), value);
    } else if (value !== undefined && value !== false) {
      made.setAttribute(attribute, value === true ? "" : value);
    }
  }
  made.append(...children);
  return made;
}

/** Returns the outcome of each request or connection, as in the strip: `{label, kind, says}`. */
export function outcomes(report) {
  const exchanges = (report.exchanges ?? []).map(({ response, responder }) => {
    const { status } = response.after;
    const label = status === 0 ? "no response" : String(status);
    return { label, kind: status === 0 ? "none" : `s${label[0]}`, says: responderOf(responder) };
  });
  const connections = (report.connections ?? []).map((connection) => {
    const isChanged = [connection.to_upstream, connection.to_client].some(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
    return { label: isChanged ? "changed" : "unchanged", kind: isChanged ? "s2" : "none", says: "" };
  });
  return [...exchanges, ...connections];
}

function responderOf(responder) {
  const who = {
    upstream: "from the upstream",
    filter: "the filter's reply; the upstream did not get the request",
    proxy: "the proxy's reply, because the filter failed or made a request that cannot be sent",
    nobody: "the filter waits for something that never happens",
  };
  return who[responder] ?? "";
}

/** Returns a series in words: `200 three times, then 429`. */
export function inWords(list) {
  const runs = [];
  for (const { label } of list) {
    if (runs.at(-1)?.label === label) {
      runs.at(-1).times += 1;
    } else {
      runs.push({ label, times: 1 });
    }
  }
  return runs.map(({ label, times }) => (times === 1 ? label : `${times} × ${label}`)).join(", then ");
}

/** Returns the sections of one exchange. */
export function exchange({ request, response, responder }) {
  const reached = request.after !== null;
  const sections = [
    difference("Request", reached ? "as the client sent it → as the upstream received it" : "as the client sent it", linesOf(request.before), linesOf(reached ? request.after : request.before)),
  ];
  if (!reached) {
    sections.push(element("p", { class: "note" }, reached ? "" : `This request did not reach the upstream.`));
  }
  const [before, after] = [linesOf(response.before), linesOf(response.after)];
  const titles = { upstream: ["Response", "as the upstream sent it → as the client received it"], filter: ["Reply", "of the filter"], proxy: ["Reply", "of the proxy"], nobody: ["No response", "the filter waits for something that never happens"] };
  const [title, explanation] = titles[responder];
  sections.push(difference(title, explanation, responder === "upstream" ? before : after, after));
  return sections;
}

/** Returns the sections of one connection. */
export function connection({ to_upstream, to_client }) {
  const side = (title, explanation, { before, after }) => difference(title, explanation, linesOfBytes(before), linesOfBytes(after));
  return [
    side("To the upstream", "bytes of the client → bytes that the upstream received", to_upstream),
    side("To the client", "bytes of the upstream → bytes that the client received", to_client),
  ];
}

function difference(title, explanation, before, after) {
  const lines = changes(before, after);
  const has = (kind) => lines.some((line) => line.kind === kind);
  const summary = has("added") || has("removed") ? "" : " unchanged";
  const marks = { same: " ", removed: "−", added: "+" };
  const items = lines.map(({ kind, text }) => {
    const mark = element("span", { class: "mark", "aria-hidden": "true" }, marks[kind]);
    const spoken = kind === "same" ? [] : [element("span", { class: "spoken" }, `${kind}: `)];
    const inner = { same: "span", removed: "del", added: "ins" }[kind];
    return element("li", { class: kind }, mark, ...spoken, element(inner, {}, text));
  });
  return element(
    "section",
    { class: "difference" },
    element("h3", {}, title, " ", element("small", {}, explanation)),
    lines.length === 0 ? element("p", { class: "note" }, "nothing") : element("ul", { class: "lines", "data-summary": summary.trim() || undefined }, ...items),
  );
}

/** Returns a table of counters. */
export function counters(values) {
  const entries = Object.entries(values);
  if (entries.length === 0) {
    return element("p", { class: "note" }, "none");
  }
  const row = ([name, value]) => element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, String(value)));
  const head = element("tr", {}, element("th", { scope: "col" }, "name"), element("th", { scope: "col" }, "value"));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...entries.map(row)));
}

/** Returns the lines of the log. */
export function log(lines) {
  if (lines.length === 0) {
    return element("p", { class: "note" }, "nothing");
  }
  const item = ({ level, text }) => element("li", {}, element("span", { class: `level ${level}` }, level), " ", text);
  return element("ol", { class: "log" }, ...lines.map(item));
}
