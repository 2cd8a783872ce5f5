// How far one is, what is said when there is nothing left, and hints in between.

const HINTED = 4000; // ms

class Figures {
  constructor(root) {
    this.$ = (selector) => root.querySelector(selector);
  }

  /** `unsent` decisions are on their way: they count. `word` is what has been done with the others. */
  show({ total, decided: arrived }, unsent, word = "decided") {
    const decided = Math.min(total, Math.max(0, arrived + unsent));
    this.$(".count").textContent = `${number(decided)} ${word} · ${number(total - decided)} left`;
    this.$(".bar span").style.scale = `${total ? decided / total : 1} 1`;
    this.$(".bar").setAttribute("aria-valuenow", Math.round((100 * decided) / Math.max(1, total)));
    this.$(".bar").setAttribute("aria-valuetext", this.$(".count").textContent);
  }

  hint(text) {
    this.$(".hint").textContent = text;
    clearTimeout(this.hinted);
    if (text) this.hinted = setTimeout(() => this.hint(""), HINTED);
  }

  /** Returns what was said. `counts` is how often each action was taken in this sitting. */
  end(pile, counts, unsent) {
    const { total = 0, decided = 0, held = 0 } = pile.progress ?? {};
    const others = Math.max(0, held - pile.held.length);
    const calibrated = pile.result !== undefined;
    const done = calibrated || decided + unsent >= total;
    const title = calibrated ? (pile.line === undefined ? "The line stays" : "The line can move") : !total ? "Nothing to decide" : done ? "All decided" : "Nothing left for you now";
    const elsewhere = others ? `${others} ${others === 1 ? "case is" : "cases are"} with other reviewers.` : "";
    const doneHere = Object.entries(counts).map(([action, count]) => `${PAST[action].toLowerCase()} ${count}`);
    const sitting = doneHere.length ? `In this sitting: ${doneHere.join(", ")}.` : "";
    this.$(".end h2").textContent = title;
    this.$(".end p").textContent = pile.result ?? [elsewhere, sitting].filter(Boolean).join(" ");
    this.$(".end [data-does=more]").hidden = done;
    this.$(".end [data-does=line]").hidden = pile.line === undefined;
    return `${title}. ${this.$(".end p").textContent}`;
  }
}

function number(count) {
  return count.toLocaleString("en");
}
