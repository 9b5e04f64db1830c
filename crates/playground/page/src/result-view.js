// The result: what the filter did, or what is wrong.

import { byId, element } from "./element.js";
import { connection, counters, exchange, log, outcomes, series } from "./results.js";
import { Strip } from "./strip.js";

/** The part of the page below "Result". */
export class ResultView {
  #editor;
  #strip = new Strip(byId("strip"), (at) => this.#select(at));
  #report;
  #shown = 0;
  /** `undefined` until the user selects one. */
  #selected;

  /** Takes the editor, in which places of mistakes are shown. */
  constructor(editor) {
    this.#editor = editor;
  }

  /** Forgets what the user selected. */
  reset() {
    this.#selected = undefined;
  }

  /**
   * Shows a report and the pauses between its exchanges. Selects the last exchange with `showLast`, else what the user selected,
   * else the first that differs from the one before.
   */
  show(report, { pauses, configuration, isTcp, showLast }) {
    const list = outcomes(report);
    this.#report = report;
    this.#selected = showLast ? list.length - 1 : this.#selected;
    byId("result").classList.remove("stale");
    if (report.refused) {
      this.#showRefusal(report.refused, configuration);
    } else {
      this.#editor.refusal = undefined;
      const panicked = report.log.some(({ level }) => level === "critical");
      verdict(
        panicked || list.some(({ isFailure }) => isFailure) ? "wrong" : "",
        panicked ? "The filter panicked: see the log. " : "",
        summary(list, isTcp),
      );
    }
    this.#shown = Math.min(this.#selected ?? firstChange(list), Math.max(list.length - 1, 0));
    this.#strip.show(list, pauses, this.#shown);
    byId("counters").replaceChildren(counters(report.counters));
    byId("log").replaceChildren(log(report.log));
    this.#showExchange();
    document.body.dataset.state = report.refused ? "refused" : "done";
  }

  /** Shows what is wrong, and keeps the last result in the background. */
  refuse(message, area) {
    byId("result").classList.add("stale");
    verdict("wrong", message, ...this.#jump(area));
    document.body.dataset.state = "wrong";
  }

  /** Shows why the configuration cannot be read. */
  refuseYaml({ message, position }, configuration) {
    const area = position ? configuration.areaAt(position) : undefined;
    this.#editor.refusal = area && { ...area, message, source: "YAML" };
    const place = position ? `, at line ${position[0]}, column ${position[1]}` : "";
    this.refuse(`not YAML: ${message}${place}`, area);
  }

  #showRefusal(refused, configuration) {
    const area = configuration.area(refused);
    const firstLine = { from: 0, to: this.#editor.text.split("\n")[0].length };
    this.#editor.refusal = { ...(area ?? firstLine), message: refused.message, source: "filter" };
    verdict(
      "wrong",
      element("strong", {}, "The filter refuses this configuration."),
      " ",
      ...(refused.place ? [element("span", { class: "place" }, refused.place), ": "] : []),
      refused.message,
      ...this.#jump(area),
    );
  }

  #jump(area) {
    const onclick = () => this.#editor.select(area);
    return area
      ? [element("br"), element("button", { type: "button", class: "quiet", onclick }, "Show the place")]
      : [];
  }

  #select(at) {
    this.#selected = at;
    this.#shown = at;
    this.#showExchange();
  }

  #showExchange() {
    const { exchanges, connections } = this.#report;
    const [one] = [exchanges?.[this.#shown], connections?.[this.#shown]].filter(Boolean);
    const sections = one === undefined ? [] : exchanges ? exchange(one) : connection(one);
    byId("exchange").replaceChildren(...sections);
  }
}

/** Returns the position of the first outcome that differs from the first, 0 if all are equal. */
function firstChange(list) {
  return Math.max(
    list.findIndex(({ label }) => label !== list[0].label),
    0,
  );
}

function summary(list, isTcp) {
  return isTcp
    ? `${list.length === 1 ? "The connection is" : `${list.length} connections:`} ${series(list)}.`
    : `${list.length === 1 ? "Status" : `${list.length} requests:`} ${series(list)}.`;
}

function verdict(kind, ...content) {
  byId("verdict").className = kind;
  byId("verdict").replaceChildren(...content);
}
