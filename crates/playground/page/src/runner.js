// Runs trials in a worker, and ends the worker if a trial takes too long.

/** How long a trial may take, in milliseconds. */
const LIMIT = 5000;

/** Runs one trial at a time. A newer one replaces those that wait. */
export class Runner {
  #worker;
  #running;
  #waiting;
  #limit;

  /** `limit` is in milliseconds. */
  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** Returns a report, or `undefined` if a newer trial replaced this one. Rejects with a message for the user. */
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
    this.#running = { ...promise, id: crypto.randomUUID?.() ?? String(Math.random()) };
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
        this.#running.timer = setTimeout(() => this.#stop(), this.#limit);
      } else if (data.error === undefined) {
        this.#end(({ resolve }) => resolve(data.report));
      } else {
        this.#end(({ reject }) => reject(new Error(data.error)));
      }
    });
    worker.addEventListener("error", (event) => {
      this.#end(({ reject }) => reject(new Error(`the worker failed: ${event.message ?? "it cannot be loaded"}`)));
    });
    return worker;
  }

  #stop() {
    this.#worker.terminate();
    this.#worker = undefined;
    const seconds = this.#limit / 1000;
    this.#end(({ reject }) =>
      reject(
        new Error(
          `stopped: the filter was still running after ${seconds} s. Send fewer requests, or simplify the configuration`,
        ),
      ),
    );
  }

  #end(how) {
    const running = this.#running;
    this.#running = undefined;
    clearTimeout(running.timer);
    how(running);
    this.#next();
  }
}
