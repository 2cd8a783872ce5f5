// Decisions on their way to the server: one after the other, tried again until they have arrived, also after a reload.
// Knows nothing of the page. One of the pieces that review/__init__.py joins into one module.

const PAUSES = [400, 1000, 2000, 4000, 8000]; // ms before the next try
const SILENCE = 20_000; // ms without an answer before a request counts as lost
const TAB = "kindred-tab"; // name of its mark in the tab's storage
const STORED = "kindred-unsent-"; // before the mark of each letter in the browser's storage

/** Names a decision before the server has heard of it, so that one that arrives twice counts once. */
function mark() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The mark of this tab, which it keeps when it is loaded again. While it is open the mark is not in its storage, which a
 * browser copies with a tab: the copy is another tab.
 */
function ownMark() {
  const known = sessionStorage.getItem(TAB) ?? mark();
  sessionStorage.removeItem(TAB);
  addEventListener("pagehide", () => sessionStorage.setItem(TAB, known));
  addEventListener("pageshow", () => sessionStorage.removeItem(TAB));
  return known;
}

/**
 * There is one for the window, which goes on sending while its visitor looks at another page. Letters are `{id, address, body}`. Events: "change" when the number of unsent ones or the state of the line does,
 * "answer" with what the server said, "refusal" with a sentence about a letter that will never be taken.
 */
class Outbox extends EventTarget {
  constructor() {
    super();
    this.letters = [];
    this.troubled = false; // whether the last try failed
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(STORED)) this.letters.push(JSON.parse(localStorage.getItem(name)));
    }
    this.letters.sort((one, other) => one.at - other.at);
    addEventListener("online", () => this.#hurry?.());
    addEventListener("beforeunload", (event) => this.waiting && event.preventDefault());
    if (this.letters.length) this.#run();
  }

  #hurry = null;

  get waiting() {
    return this.letters.length;
  }

  /** Once nothing is unsent any more. */
  sent() {
    return new Promise((done) => {
      const look = () => {
        if (this.letters.length) return;
        this.removeEventListener("change", look);
        done();
      };
      this.addEventListener("change", look);
      look();
    });
  }

  add(address, body) {
    const letter = { id: body.id, address, body, at: Date.now() + this.letters.length / 1000 };
    keep(letter);
    this.letters.push(letter);
    this.#changed();
    this.#run();
  }

  /** Take a letter back that has not been sent. False when it is on its way, or there already. */
  recall(id) {
    const at = this.letters.findIndex((letter) => letter.id === id);
    if (at < 0 || this.letters[at].flying) return false;
    forget(this.letters.splice(at, 1)[0]);
    this.#changed();
    return true;
  }

  /** How many more cases are decided once all has arrived. */
  get ahead() {
    return this.letters.reduce((sum, { body }) => sum + (body.action ? 1 : -1), 0);
  }

  async #run() {
    if (this.running) return;
    this.running = true;
    for (let failures = 0; this.letters.length; ) {
      const letter = this.letters[0];
      letter.flying = true;
      const { status, answer } = await post(letter.address, letter.body);
      letter.flying = false;
      if (status === 403) await renewed();
      if (status === 200 || (status >= 400 && status < 500 && ![403, 408, 429].includes(status))) {
        failures = 0;
        this.troubled = false;
        this.letters.shift();
        forget(letter);
        const told = status === 200 ? ["answer", answer] : ["refusal", { ...letter, error: answer.error }];
        this.dispatchEvent(new CustomEvent(told[0], { detail: told[1] }));
      } else {
        this.troubled = true;
        this.#changed();
        const pause = PAUSES[Math.min(failures++, PAUSES.length - 1)];
        await new Promise((go) => {
          this.#hurry = go;
          setTimeout(go, pause);
        });
      }
      this.#changed();
    }
    this.running = false;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

const LONGEST_KEPT_ALIVE = 60_000; // characters; browsers let no more outlive a page

async function post(address, letter) {
  const body = JSON.stringify(letter);
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      keepalive: body.length < LONGEST_KEPT_ALIVE, // what is under way when the page is left arrives all the same
      signal: AbortSignal.timeout(SILENCE),
    });
    return { status: response.status, answer: await response.json().catch(() => ({})) };
  } catch {
    return { status: 0, answer: {} };
  }
}

async function got(address) {
  for (const last of [false, true]) {
    const response = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(SILENCE) });
    if (response.ok) return response.json();
    if (response.status === 403 && !last) await renewed();
    else throw new Error((await response.json().catch(() => ({}))).error ?? `The server answered ${response.status}.`);
  }
}

/** The visit may have expired while the page stood open. Loading a page renews it. */
function renewed() {
  return fetch(location.href, { cache: "no-store" }).catch(() => {});
}

function keep(letter) {
  try {
    localStorage.setItem(STORED + letter.id, JSON.stringify(letter));
  } catch {
    // Storage is full or forbidden: the letter is still sent, and leaving the page warns.
  }
}

function forget(letter) {
  localStorage.removeItem(STORED + letter.id);
}
