// One upload: a manifest, then pieces of files in a few parallel requests, resumed after a dropped connection.
// Knows nothing of the page. One of the pieces that dropzone/__init__.py joins into one module.

const LOAD = 4 * 2 ** 20; // bytes of one request: one piece of a large file, or many small files
const FRAMES = 1000; // pieces of one request
const HEADER = 16; // bytes before each piece: file index, length (uint32), offset (float64), little-endian
const LANES = 3; // requests at a time
const ATTEMPTS = 9; // failures in a row before we ask the user
const SILENCE = 60_000; // ms without an answer before a request counts as lost

/** A request that did not succeed. `status` is 0 when there was no answer at all. */
class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
  get passing() {
    return [0, 408, 412, 429, 502, 503, 504].includes(this.status); // 412: we and the server count differently
  }
}

/**
 * States: sending → sent → finishing → finished; failed from sending, and back to sent from finishing; cancelled.
 * `problem` says what went wrong, and `again()` goes on from there.
 */
class Transfer extends EventTarget {
  constructor({ files, bytes, unreadable, api, settings }) {
    super();
    Object.assign(this, { files, bytes, unreadable, api, settings });
    Object.assign(this, { key: keyOf(files), id: null, state: "sending", problem: "", wait: 0, answer: null });
    this.automatic = true; // finish as soon as everything is sent
    this.received = new Array(files.length).fill(0); // bytes of each file that the server has
    this.flying = new Map(); // request → bytes on their way
    this.pace = new Pace();
    this.failures = 0; // in a row
    this.turn = 0; // raised to end whatever is under way
    this.requests = new Set();
  }

  get sent() {
    let sum = 0;
    for (const bytes of this.received) sum += bytes;
    for (const bytes of this.flying.values()) sum += bytes;
    return Math.min(sum, this.bytes);
  }

  /** Send all that is missing, and finish unless someone holds it. */
  async run() {
    const turn = ++this.turn;
    this.failures = 0;
    this.#become("sending");
    try {
      await this.#persist(() => this.#open());
      const queue = this.files.map((_, index) => index).filter((index) => this.#missing(index) > 0);
      await Promise.all(Array.from({ length: LANES }, () => this.#lane(queue, turn)));
    } catch (error) {
      if (turn === this.turn) this.#fail(error);
    }
    if (turn !== this.turn || this.problem) return;
    this.#become("sent");
    if (this.automatic) await this.#finish();
  }

  /** Someone wants to decide: nothing is finished by itself from now on. */
  hold() {
    if (this.state === "finishing") return;
    this.automatic = false;
    this.#changed();
  }

  /** Finish now, or as soon as everything is sent. */
  release() {
    this.automatic = true;
    if (this.state === "sent") this.#finish();
    else this.#changed();
  }

  again() {
    return this.state === "sent" ? this.#finish() : this.run();
  }

  /** Hand over to the server, which makes a dataset of it: `answer` is {job, dataset}. */
  async #finish() {
    this.#become("finishing");
    try {
      this.answer = await this.#persist(() => this.#ask("POST", `upload/${this.id}/finish`, JSON.stringify(this.settings)));
      this.#become("finished");
    } catch (error) {
      this.#fail(error, "sent");
    }
  }

  cancel() {
    this.#stop();
    this.#become("cancelled");
    if (this.id) this.#ask("DELETE", `upload/${this.id}`).catch(() => {});
  }

  async #open() {
    const files = this.files.map(({ path, file }) => ({ path, size: file.size }));
    const { id, received } = await this.#ask("POST", "upload", JSON.stringify({ key: this.key, files }));
    Object.assign(this, { id, received });
  }

  #missing(index) {
    return this.files[index].file.size - this.received[index];
  }

  async #lane(queue, turn) {
    while (queue.length && turn === this.turn) {
      const load = [queue.shift()];
      let size = this.#missing(load[0]);
      while (queue.length && load.length < FRAMES && size + this.#missing(queue[0]) <= LOAD) {
        size += this.#missing(queue[0]);
        load.push(queue.shift());
      }
      // A large file stays in its lane, one piece after the other.
      while (turn === this.turn && load.some((index) => this.#missing(index) > 0)) await this.#persist(() => this.#send(load));
    }
  }

  async #send(load) {
    const frames = [];
    const ends = new Map();
    for (const index of load) {
      const start = this.received[index];
      const end = Math.min(this.files[index].file.size, start + LOAD);
      if (end > start) {
        frames.push(header(index, start, end - start), this.files[index].file.slice(start, end));
        ends.set(index, end);
      }
    }
    if (!frames.length) return;
    try {
      await this.#ask("PUT", `upload/${this.id}`, new Blob(frames), ends.size * HEADER);
    } catch (error) {
      // A file that was moved or changed meanwhile looks like a lost connection: reading it tells, by throwing.
      if (error.status === 0) await Promise.all(load.map((index) => this.files[index].file.slice(0, 1).arrayBuffer()));
      throw error;
    }
    for (const [index, end] of ends) this.received[index] = end;
  }

  /** Try until it works: lost connections are waited for, longer each time, and what the server has is asked anew. */
  async #persist(attempt) {
    const turn = this.turn;
    for (;;) {
      try {
        const answer = await attempt();
        this.failures = 0;
        return answer;
      } catch (error) {
        if (turn !== this.turn) throw error;
        if (error.status === 403 && (await this.#renew())) continue;
        const lost = error.status === 404 && this.id !== null;
        if (!(error instanceof Refusal) || !(error.passing || lost) || ++this.failures > ATTEMPTS) throw error;
        await this.#pause(Math.min(15_000, 500 * 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2));
        if (turn !== this.turn) throw error;
        try {
          if (lost) await this.#open();
          else if (this.id) ({ received: this.received } = await this.#ask("GET", `upload/${this.id}`));
        } catch {
          // Still out of reach: the next attempt says so.
        }
      }
    }
  }

  #pause(ms) {
    this.wait = Math.ceil(ms / 1000);
    this.#changed();
    return new Promise((resume) => {
      const done = () => {
        clearTimeout(timer);
        removeEventListener("online", done);
        this.wait = 0;
        this.#changed();
        resume();
      };
      const timer = setTimeout(done, ms);
      addEventListener("online", done);
    });
  }

  /** A visit that has expired is renewed by loading a page; true the first time in a minute. */
  async #renew() {
    if (performance.now() - (this.renewed ?? -Infinity) < 60_000) return false;
    this.renewed = performance.now();
    await fetch(location.href, { cache: "no-store", credentials: "same-origin" }).catch(() => {});
    return true;
  }

  /** One request; its upload progress counts towards `sent`. `overhead` bytes of the body are not of any file. */
  #ask(method, path, body, overhead = 0) {
    return new Promise((keep, fail) => {
      const request = new XMLHttpRequest();
      const refuse = (status, message) => fail(new Refusal(status, message));
      let watchdog;
      const listen = () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => request.abort(), SILENCE);
      };
      request.open(method, this.api + path);
      request.setRequestHeader("Content-Type", typeof body === "string" ? "application/json" : "application/octet-stream");
      if (overhead) {
        request.upload.onprogress = ({ loaded }) => {
          listen();
          this.flying.set(request, Math.max(0, loaded - overhead));
          this.#changed();
        };
      }
      request.onloadend = () => {
        clearTimeout(watchdog);
        this.requests.delete(request);
        this.flying.delete(request);
        if (request.status === 0) return refuse(0, "The connection to the server was lost.");
        let answer = {};
        try {
          answer = JSON.parse(request.responseText || "{}");
        } catch {
          // Something between us and the server answered in its own words.
        }
        if (request.status < 300) return keep(answer);
        return refuse(request.status, answer.error ?? `The server answered with status ${request.status}.`);
      };
      this.requests.add(request);
      listen();
      request.send(body);
    });
  }

  #stop() {
    this.turn++;
    for (const request of [...this.requests]) request.abort();
  }

  #fail(error, state = "failed") {
    this.#stop();
    const unreadable = "A file could not be read any more. Was it moved or changed? Drop the files again.";
    this.problem = error instanceof Refusal ? this.#words(error) : unreadable;
    this.#become(state);
  }

  #words({ status, message }) {
    if (status === 0) return `${message} What has arrived is kept.`;
    if (status === 403) return "Your visit has expired. Reload this page and drop the same files again: the upload goes on where it was.";
    return message;
  }

  #become(state) {
    this.state = state;
    if (state === "sending" || state === "finishing") this.problem = "";
    this.#changed();
  }

  #changed() {
    this.pace.see(this.sent);
    this.dispatchEvent(new Event("change"));
  }
}

function header(index, offset, length) {
  const view = new DataView(new ArrayBuffer(HEADER));
  view.setUint32(0, index, true);
  view.setUint32(4, length, true);
  view.setFloat64(8, offset, true);
  return view.buffer;
}

/** Bytes per second over the last few seconds. */
class Pace {
  #seen = [];
  see(bytes) {
    const now = performance.now();
    this.#seen.push([now, bytes]);
    while (this.#seen.length > 2 && now - this.#seen[0][0] > 5000) this.#seen.shift();
  }
  get speed() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    return first && last[0] - first[0] > 300 ? Math.max(0, (last[1] - first[1]) / (last[0] - first[0])) * 1000 : 0;
  }
}
