// Hands on the review: keys, clicks and the pointer, as what they ask for.

class Hands {
  /**
   * Listens in `dialog` until `signal`. `review` says what a key means now, undefined for nothing, and does it:
   * `{means, does, choose, chosen, zoom, escape, pressed}`; `chosen` is whether a click on a picture chooses it.
   */
  constructor(dialog, signal, review) {
    Object.assign(this, { dialog, review });
    const on = (target, kind, act, options = {}) => target.addEventListener(kind, act, { signal, ...options });
    on(dialog, "keydown", (event) => this.#key(event));
    // A click on what takes no focus leaves it with the page's body, and keys must reach us all the same.
    on(window, "keydown", (event) => event.composedPath().includes(dialog) || this.#key(event), { capture: true });
    on(dialog, "cancel", (event) => {
      event.preventDefault();
      review.escape();
    });
    on(dialog, "click", ({ target }) => this.#press(target.closest("[data-does]")));
    on(dialog.querySelector(".stage"), "click", (event) => this.#point(event));
  }

  #key(event) {
    if (!this.dialog.open) return;
    event.stopPropagation(); // the page around has keys of its own
    const { key } = event;
    const at = event.composedPath()[0];
    const typing = at.matches?.("input");
    if (key === "Escape") {
      event.preventDefault();
      return this.review.escape();
    }
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z" && !typing) return this.review.does("undo", event);
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if ((key === "Enter" || key === " ") && at.closest?.("button")) return; // it presses the button
    const digit = event.code.match(/^(?:Digit|Numpad)([1-9])$/)?.[1];
    if (digit) return this.review.choose(Number(digit) - 1, event.shiftKey) && event.preventDefault();
    const does = this.review.means(key.length === 1 ? key.toLowerCase() : key);
    if (does && !(event.repeat && does !== "skip" && does !== "back")) this.review.does(does, event);
  }

  #press(button) {
    if (!button || button.disabled) return;
    this.review.does(button.dataset.does);
    this.review.pressed();
  }

  #point(event) {
    const shot = event.target.closest(".shot");
    if (!shot) return;
    const among = event.shiftKey || Boolean(event.target.closest(".choice")); // a mark turns alone
    if (this.review.chosen()) this.review.choose(Number(shot.dataset.place), among);
    else this.review.zoom(event);
  }
}
