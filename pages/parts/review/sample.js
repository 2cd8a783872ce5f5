// The images around a line, answered with yes or no: then the line moves.

class Sample extends Pile {
  /** `wanted` is the share of what is found that is to be right. */
  constructor(address, key, wanted) {
    super(address, key, "");
    this.wanted = wanted;
    clearInterval(this.knocking);
    this.answers = new Map(); // key of a case → whether it is what the check says
  }

  /** Go on after a reload: what was answered is not asked again. `answers` are `[key, action]`. */
  resume(answers) {
    this.answers = new Map(answers);
  }

  /** All of them at once: they are few. */
  async fill() {
    if (this.filling || this.progress) return;
    this.filling = true;
    try {
      const { cases } = await got(`${this.address}calibrate?key=${this.key}`);
      const asked = new Set(cases.map(({ key }) => key));
      for (const key of this.answers.keys()) if (!asked.has(key)) this.answers.delete(key);
      this.cases = cases.filter(({ key }) => !this.answers.has(key));
      this.progress = { total: cases.length, decided: this.answers.size, held: 0 };
      this.problem = "";
      this.ended = !cases.length;
      if (cases.length && !this.cases.length) this.#ask();
    } catch (error) {
      this.problem = error.message;
      setTimeout(() => this.fill(), 3000);
    }
    this.filling = false;
    this.dispatchEvent(new Event("change"));
  }

  settle(action) {
    this.answers.set(this.current.key, action);
    this.progress.decided = this.answers.size;
    const one = super.settle();
    if (!this.held.length) this.#ask();
    return one;
  }

  unsettle(one) {
    this.answers.delete(one.key);
    this.progress.decided = this.answers.size;
    [this.ended, this.result, this.line] = [false, undefined, undefined];
    super.unsettle(one);
  }

  release() {}

  /** What the answers make of the line. Those of “unsure” are left out. */
  async #ask() {
    const answers = [...this.answers].filter(([, action]) => action !== "unsure");
    const told = answers.map(([key, action]) => ({ case: key, yes: action === "yes" }));
    const { status, answer } = await post(`${this.address}calibrate`, { key: this.key, wanted: this.wanted, answers: told });
    if (status !== 200) {
      this.problem = answer.error ?? "The answers did not arrive.";
      if (!status || status >= 500) setTimeout(() => this.#ask(), 3000);
    } else {
      [this.result, this.line, this.problem] = [answer.said, answer.line ?? undefined, ""];
    }
    this.ended = true;
    this.dispatchEvent(new Event("change"));
  }
}
