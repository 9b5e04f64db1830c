// Runs trials: the bridge (the model, as a module) with instances of a filter's module.

const ABSENT = 1;
const TRAPPED = 2;
const WASI = "wasi_snapshot_preview1";

/** The status of WASI for a function that does nothing here. */
const NOT_SUPPORTED = 58;

/** A bridge for one filter. Each trial gets new instances of both modules, so trials do not see each other's state. */
export class Machine {
  #bridgeModule;
  #filterModule;

  /** Takes compiled modules. */
  constructor(bridgeModule, filterModule) {
    this.#bridgeModule = bridgeModule;
    this.#filterModule = filterModule;
  }

  /**
   * Runs a trial, whose configuration is a text. Returns `{report, configuration}`, or `{mistake}` if the text is not YAML.
   * Throws an error if the trial is wrong or the bridge fails.
   */
  run(trial) {
    const guests = new Guests(this.#filterModule);
    const bridge = new WebAssembly.Instance(this.#bridgeModule, {
      page: guests.functions(),
      [WASI]: wasi(() => bridge.exports.memory, "the model"),
    });
    guests.bridge = bridge.exports;
    const text = new TextEncoder().encode(JSON.stringify(trial));
    const to = bridge.exports.text(text.length);
    bytes(bridge.exports.memory, to, text.length).set(text);
    const size = bridge.exports.run();
    const answer = JSON.parse(string(bridge.exports.memory, bridge.exports.report(), size));
    if (answer.error !== undefined) {
      throw new Error(answer.error);
    }
    return answer;
  }
}

/** The instances of the filter's module, by the bridge's numbers. */
class Guests {
  /** The bridge's exports. */
  bridge;
  #module;
  #exports = new Map();
  #failure = new Uint8Array();

  constructor(module) {
    this.#module = module;
  }

  /** Returns the functions that the bridge imports. */
  functions() {
    const memory = (guest) => this.#exports.get(guest)?.memory;
    return {
      guest_start: (guest) => this.#trapping(() => this.#start(guest)),
      guest_call: (guest, name, nameSize, from, count, to) =>
        this.#trapping(() => {
          const call = this.#exports.get(guest)[string(this.bridge.memory, name, nameSize)];
          if (call === undefined) {
            return ABSENT;
          }
          const result = call(...new Uint32Array(this.bridge.memory.buffer, from, count)) ?? 0;
          new DataView(this.bridge.memory.buffer).setUint32(to, result, true);
          return 0;
        }),
      guest_failure: (to, size) => {
        const shown = this.#failure.subarray(0, size);
        bytes(this.bridge.memory, to, shown.length).set(shown);
        return shown.length;
      },
      guest_read: (guest, pointer, to, size) => copy(memory(guest), pointer, this.bridge.memory, to, size),
      guest_write: (guest, pointer, from, size) => copy(this.bridge.memory, from, memory(guest), pointer, size),
      guest_allocate: (guest, size) => {
        try {
          return this.#exports.get(guest).proxy_on_memory_allocate(size);
        } catch {
          return 0;
        }
      },
    };
  }

  #start(guest) {
    const own = wasi(() => this.#exports.get(guest).memory, "the filter");
    const imports = {};
    for (const { module, name } of WebAssembly.Module.imports(this.#module)) {
      imports[module] ??= {};
      imports[module][name] = this.bridge[`${module}.${name}`] ?? own[name] ?? missing(module, name);
    }
    const { exports } = new WebAssembly.Instance(this.#module, imports);
    this.#exports.set(guest, exports);
    exports._initialize?.();
    return 0;
  }

  /** Runs `run`, and turns what it throws into a trap. */
  #trapping(run) {
    try {
      return run();
    } catch (error) {
      this.#failure = new TextEncoder().encode(`the module trapped: ${error.message}`);
      return TRAPPED;
    }
  }
}

/** Returns an import that throws: the module asks for something that this page lacks. */
function missing(module, name) {
  return () => {
    throw new Error(`it calls ${module}.${name}, which is not available here`);
  };
}

/** Returns what Rust's standard library needs of WASI: no environment, the same random bytes in every run, and a console. */
function wasi(memory, who) {
  return {
    environ_sizes_get: (count, size) => {
      const view = new DataView(memory().buffer);
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    random_get: (to, size) => {
      bytes(memory(), to, size).forEach((_, index, all) => (all[index] = index * 167));
      return 0;
    },
    clock_time_get: () => NOT_SUPPORTED,
    fd_write: (_, list, count, written) => {
      const view = new DataView(memory().buffer);
      const parts = Array.from({ length: count }, (_, index) => {
        const part = list + index * 8;
        return string(memory(), view.getUint32(part, true), view.getUint32(part + 4, true));
      });
      console.warn(`${who}: ${parts.join("")}`);
      view.setUint32(
        written,
        parts.reduce((size, part) => size + new TextEncoder().encode(part).length, 0),
        true,
      );
      return 0;
    },
    proc_exit: (code) => {
      throw new Error(`${who} ended with code ${code}`);
    },
  };
}

/** Copies between memories. Returns 0 if both areas are inside. */
function copy(source, from, destination, to, size) {
  // Addresses arrive as signed numbers.
  const [start, end] = [from >>> 0, to >>> 0];
  const length = size >>> 0;
  if (start + length > source.buffer.byteLength || end + length > destination.buffer.byteLength) {
    return 1;
  }
  bytes(destination, end, length).set(bytes(source, start, length));
  return 0;
}

function bytes(memory, from, size) {
  return new Uint8Array(memory.buffer, from >>> 0, size >>> 0);
}

function string(memory, from, size) {
  return new TextDecoder().decode(bytes(memory, from, size));
}
