// Who decides: a name that is asked for once in a browser, goes with each decision, and can be changed. The server hears
// it from a cookie, so that it goes with versions and all else that is done as well: see names.py.

const NAME = "kindred-reviewer"; // in the browser's storage, and of the cookie
const LONG = 400 * 24 * 3600; // seconds: browsers keep no cookie for longer

class Naming {
  /** `show` opens the panel of that name, and closes it with null. */
  constructor(form, shown, show) {
    Object.assign(this, { field: form.querySelector("input"), shown, show });
    form.onsubmit = (event) => this.#named(event);
    this.#tell();
    this.#say();
  }

  get name() {
    return (localStorage.getItem(NAME) ?? "").trim();
  }

  /** Ask for a name, and go on `after` that. */
  ask(after = null) {
    this.after = after;
    this.show("naming");
    this.field.value = this.name;
    this.field.select();
    this.field.focus();
  }

  #named(event) {
    event.preventDefault();
    const name = this.field.value.trim();
    if (!name) return;
    localStorage.setItem(NAME, name);
    this.#tell();
    this.#say();
    this.show(null);
    this.after?.();
    this.after = null;
  }

  #tell() {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const cookie = `${NAME}=${encodeURIComponent(this.name)}; Path=/; Max-Age=${LONG}; SameSite=Strict${secure}`;
    if (this.name) document.cookie = cookie;
  }

  #say() {
    this.shown.textContent = this.name || "Your name";
  }
}
