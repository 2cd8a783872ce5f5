// The cases that lie ready: fetched ahead and with their pictures decoded, so that the next one is there at once.

const AHEAD = 12; // cases that are asked for beyond those that are here
const LOW = 10; // with fewer than these, more are asked for
const DECODED = 3; // cases whose large pictures are got ready, the one on the screen among them
const KNOCK = 60_000; // ms after which cases that are still held are asked for again, so that they stay ours
const IDLE = 600_000; // ms without a decision after which they are not

let latest = null; // the pile that was the last to ask for cases

/** The first of `cases` is on the screen. "change" is told when that is another one, or the figures are. */
class Pile extends EventTarget {
  /** `tab` is the mark of who holds the cases, `first` the key of the case to begin with, empty for the worst. */
  constructor(address, key, tab, first = "") {
    super();
    Object.assign(this, { address, key, tab, first, cases: [], skipped: [], settled: new Set(), ready: new Map() });
    this.unsent = () => []; // keys of cases whose decision is on its way
    this.sent = async () => {}; // ends when none is any more
    this.progress = null; // {total, decided, held}: cases, those that are done, those before someone's eyes
    this.ended = false; // the server has no more for us at present
    this.problem = "";
    this.touched = Date.now();
    this.knocking = setInterval(() => Date.now() - this.touched < IDLE && this.fill(true), KNOCK);
  }

  get current() {
    return this.cases[0] ?? null;
  }

  get held() {
    return [...this.cases, ...this.skipped];
  }

  /** Ask for more where few are left. */
  async fill(anyway = false) {
    if (this.released || this.filling || (!anyway && (this.cases.length >= LOW || (this.ended && this.cases.length)))) return;
    this.filling = true;
    latest = this;
    try {
      const holding = [...this.held.map(({ key }) => key), ...this.unsent()];
      const asked = `next?key=${this.key}&tab=${this.tab}&n=${AHEAD}&first=${this.first}&holding=${holding.join(",")}`;
      const answer = await got(this.address + asked);
      if (this.released) return this.#letGoAgain(answer.cases);
      this.first = "";
      const known = new Set([...this.held.map(({ key }) => key), ...this.settled]); // as it is now
      const fresh = answer.cases.filter(({ key }) => !known.has(key));
      this.cases.push(...fresh);
      this.progress = answer.progress;
      this.ended = !fresh.length;
      this.problem = "";
    } catch (error) {
      this.problem = error.message;
      setTimeout(() => this.fill(), 3000);
    }
    this.filling = false;
    this.#changed();
  }

  /** The case on the screen has been decided. */
  settle() {
    const one = this.cases.shift();
    this.touched = Date.now();
    this.settled.add(one.key);
    this.ready.delete(one.key);
    if (!this.cases.length && this.ended) this.cases = this.skipped.splice(0);
    this.#changed();
    this.fill();
    return one;
  }

  /** A decision was taken back: its case is on the screen again. */
  unsettle(one) {
    this.settled.delete(one.key);
    this.cases = [one, ...this.cases.filter(({ key }) => key !== one.key)];
    this.#changed();
  }

  /** Later: it comes again when there are no others. False when there are none now. */
  skip() {
    if (this.cases.length + this.skipped.length < 2) return false;
    this.skipped.push(this.cases.shift());
    if (!this.cases.length) this.cases = this.skipped.splice(0);
    this.#changed();
    this.fill();
    return true;
  }

  /** The one that was skipped last. False when none was. */
  back() {
    if (!this.skipped.length) return false;
    this.cases.unshift(this.skipped.pop());
    this.#changed();
    return true;
  }

  /** The drawn case, with its pictures on their way. `draw` makes one; those after it are drawn once it is seen. */
  drawn(draw) {
    afterFrame(() => this.#prepare(draw));
    return this.#ready(this.current, draw);
  }

  #prepare(draw) {
    for (const one of this.cases.slice(0, DECODED)) this.#ready(one, draw);
    for (const { evidence } of this.cases.slice(DECODED, AHEAD)) for (const { thumbnail } of evidence) fetched(thumbnail);
  }

  #ready(one, draw) {
    if (one && !this.ready.has(one.key)) this.ready.set(one.key, draw(one));
    return this.ready.get(one?.key);
  }

  /** Let others have what is still here. */
  release() {
    clearInterval(this.knocking);
    if (this.released) return;
    this.released = true;
    this.#letGo(this.held);
    if (this.unsent().length) this.sent().then(() => this.#letGoAgain([]));
  }

  /** A request that arrived after the release has claimed what it names, and `more`. A newer pile keeps them all. */
  #letGoAgain(more) {
    if (latest === this || latest.address !== this.address) this.#letGo([...this.held, ...more]);
  }

  #letGo(cases) {
    if (!cases.length) return;
    const body = JSON.stringify({ key: this.key, tab: this.tab, cases: cases.map(({ key }) => key) });
    navigator.sendBeacon(`${this.address}release`, new Blob([body], { type: "application/json" }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** What can wait until the present case has been painted. */
function afterFrame(act) {
  requestAnimationFrame(() => setTimeout(act));
}

const asked = new Set();

/** Have the browser fetch a small picture that is shown soon. */
function fetched(url) {
  if (asked.has(url)) return;
  asked.add(url);
  new Image().src = url;
}
