// The results in a row, with the time between them.

import { element } from "./element.js";

/** How many equal results are shown one by one. Of more, all but the first and last are hidden. */
const MAX_SHOWN = 10;

/** A row of buttons, one of which is pressed. */
export class Strip {
  #parent;
  #select;
  #shown = 0;

  /** Calls `select` with the position of a result that the user selects. */
  constructor(parent, select) {
    this.#parent = parent;
    this.#select = select;
  }

  /** Shows outcomes and the pauses before all but the first. Of many equal ones, shows only the first and the last. */
  show(outcomes, pauses, shown) {
    this.#shown = shown;
    if (outcomes.length < 2) {
      this.#parent.replaceChildren();
      return;
    }
    const pauseBefore = (at) => (at > 0 && !/^0+\D/.test(pauses[at - 1] ?? "0s") ? pauses[at - 1] : undefined);
    const items = [];
    for (let at = 0; at < outcomes.length;) {
      let end = at + 1;
      while (end < outcomes.length && outcomes[end].label === outcomes[at].label && !pauseBefore(end)) {
        end += 1;
      }
      const run = outcomes.slice(at, end).map((outcome, index) => this.#item(outcome, at + index));
      const pause = pauseBefore(at) && element("li", { class: "pause" }, `+${pauseBefore(at)}`);
      items.push(...(pause ? [pause] : []));
      items.push(...(run.length > MAX_SHOWN ? [run[0], this.#more(run.slice(1, -1)), run.at(-1)] : run));
      at = end;
    }
    this.#parent.replaceChildren(element("ol", { "aria-label": "Results in order" }, ...items));
    this.#press();
    this.#parent.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
  }

  #item({ what, label, kind, says }, at) {
    const name = `${what} ${at + 1}: ${label}${says && `, ${says}`}`;
    const onclick = () => {
      this.#shown = at;
      this.#press();
      this.#select(at);
    };
    const attributes = { type: "button", class: kind, "data-at": at, "aria-label": name, title: name, onclick };
    return element("li", {}, element("button", attributes, label));
  }

  /** Returns an item that is replaced by these when it is pressed. */
  #more(items) {
    const onclick = () => {
      item.replaceWith(...items);
      this.#press();
      items[0].firstChild.focus();
    };
    const item = element(
      "li",
      {},
      element("button", { type: "button", class: "more", onclick }, `… ${items.length} more`),
    );
    return item;
  }

  #press() {
    for (const button of this.#parent.querySelectorAll("[data-at]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.at) === this.#shown));
    }
  }
}
