// Words that the page was told and will repeat. Until it has, whatever it says is older than what is seen here.

const LIFE = 10_000; // ms after which a word is not waited for any more: the page may have skipped it for a later one

export class Echoes {
  constructor() {
    this.told = []; // {word, at}, the latest at the end
  }

  add(word) {
    this.told.push({ word, at: performance.now() });
  }

  /** Whether a word of the page only repeats one that it was told. */
  hears(word) {
    const now = performance.now();
    this.told = this.told.filter(({ at }) => now - at < LIFE);
    const found = this.told.findIndex((one) => one.word === word);
    if (found >= 0) this.told.splice(0, found + 1);
    return found >= 0;
  }
}
