// What happened, as elements of the page.

import { changes, changesOfBytes, linesOf } from "./diff.js";
import { element } from "./element.js";

/** Returns the outcome of each request or connection, for the strip: `{what, label, kind, says, isFailure}`. */
export function outcomes(report) {
  const exchanges = (report.exchanges ?? []).map(({ response, responder }) => {
    const { status } = response.after;
    const [title, whose] = RESPONSES[responder];
    const label = status === 0 ? "no response" : String(status);
    return {
      what: "Request",
      label,
      kind: status === 0 ? "none" : `s${label[0]}`,
      says: responder === "upstream" ? "" : `${title} ${whose}`.toLowerCase(),
      isFailure: responder === "proxy" || responder === "nobody",
    };
  });
  const connections = (report.connections ?? []).map((connection) => {
    const isChanged = [connection.to_upstream, connection.to_client].some(
      ({ before, after }) => JSON.stringify(before) !== JSON.stringify(after),
    );
    return {
      what: "Connection",
      label: isChanged ? "changed" : "unchanged",
      kind: isChanged ? "s2" : "none",
      says: "",
      isFailure: false,
    };
  });
  return [...exchanges, ...connections];
}

/** Returns labels in one line, as `try` shows many statuses: `200 x97, 429 x3`. */
export function series(list) {
  const runs = [];
  for (const { label } of list) {
    if (runs.at(-1)?.label === label) {
      runs.at(-1).times += 1;
    } else {
      runs.push({ label, times: 1 });
    }
  }
  return runs.map(({ label, times }) => (times === 1 ? label : `${label} x${times}`)).join(", ");
}

/** Whose response it is, as a title and an explanation. */
const RESPONSES = {
  upstream: ["Response", "as the upstream sent it → as the client received it"],
  filter: ["Reply", "of the filter"],
  proxy: ["Reply", "of the proxy, because the filter failed or made a request that cannot be sent"],
  nobody: ["No response", "because the filter waits for something that never happens"],
};

/** Returns the sections of one exchange. */
export function exchange({ request, response, responder }) {
  const hasReached = request.after !== null;
  const explanation = hasReached
    ? "as the client sent it → as the upstream received it"
    : "which did not reach the upstream";
  const [title, whose] = RESPONSES[responder];
  const received = linesOf(response.after);
  return [
    difference("Request", explanation, linesOf(request.before), linesOf(hasReached ? request.after : request.before)),
    difference(title, whose, responder === "upstream" ? linesOf(response.before) : received, received),
  ];
}

/** Returns the sections of one connection. */
export function connection({ to_upstream, to_client }) {
  const side = (title, explanation, { before, after }) => section(title, explanation, changesOfBytes(before, after));
  return [
    side("To the upstream", "bytes of the client → bytes that the upstream received", to_upstream),
    side("To the client", "bytes of the upstream → bytes that the client received", to_client),
  ];
}

function difference(title, explanation, before, after) {
  return section(title, explanation, changes(before, after));
}

function section(title, explanation, lines) {
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
    lines.length === 0 ? element("p", { class: "note" }, "nothing") : element("ul", { class: "lines" }, ...items),
  );
}

/** Returns a table of counters, those that counted something first. */
export function counters(values) {
  const entries = Object.entries(values).sort(([, a], [, b]) => Number(a === 0) - Number(b === 0));
  if (entries.length === 0) {
    return element("p", { class: "note" }, "none");
  }
  const row = ([name, value]) =>
    element(
      "tr",
      { class: value === 0 && "zero" },
      element("th", { scope: "row" }, name),
      element("td", {}, String(value)),
    );
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
