// Runs trials in a worker, and ends the worker if a trial takes too long.

/** How long a trial may take. */
const LIMIT_MS = 5000;

const TOO_LONG = `stopped: the filter was still running after ${LIMIT_MS / 1000} s. Send fewer requests, or simplify the configuration`;

/** Runs one trial at a time. A newer one replaces those that wait. */
export class Runner {
  #worker;
  #running;
  #waiting;
  /** The number of the last trial, which messages about it have. */
  #last = 0;

  /** Returns the answer of `Machine.run`, or `undefined` if a newer trial replaced this one. Rejects with a message for the user. */
  run(filter, trial) {
    this.#waiting?.resolve(undefined);
    const result = new Promise((resolve, reject) => (this.#waiting = { filter, trial, resolve, reject }));
    this.#next();
    return result;
  }

  #next() {
    if (this.#running !== undefined || this.#waiting === undefined) {
      return;
    }
    const { filter, trial, ...promise } = this.#waiting;
    this.#running = { ...promise, id: ++this.#last };
    this.#waiting = undefined;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id: this.#running.id, filter, trial });
  }

  #start() {
    const worker = new Worker(new URL("worker.js", document.baseURI), { type: "module" });
    worker.addEventListener("message", ({ data }) => {
      if (data.id !== this.#running?.id) {
        return;
      }
      if (data.started) {
        this.#running.timer = setTimeout(() => this.#stop(TOO_LONG), LIMIT_MS);
      } else if (data.error === undefined) {
        this.#end(({ resolve }) => resolve(data));
      } else {
        this.#end(({ reject }) => reject(new Error(data.error)));
      }
    });
    worker.addEventListener("error", (event) => {
      // It has been dealt with: it does not become an error of the page.
      event.preventDefault();
      this.#stop(`the worker failed: ${event.message ?? "it cannot be loaded"}`);
    });
    return worker;
  }

  /** Ends the worker. The next trial gets a new one. */
  #stop(message) {
    this.#worker.terminate();
    this.#worker = undefined;
    this.#end(({ reject }) => reject(new Error(message)));
  }

  #end(how) {
    const running = this.#running;
    this.#running = undefined;
    clearTimeout(running.timer);
    how(running);
    this.#next();
  }
}
