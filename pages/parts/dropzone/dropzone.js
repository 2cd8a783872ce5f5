// The drop zone as a Streamlit component: draws, listens, and leaves the work to files.js and transfer.js.

const views = new WeakMap();
// An upload goes on while its visitor looks at another page, and is found again when the drop zone comes back.
const transfers = (globalThis.kindredTransfers ??= new Map());

const LABELS = [
  ["auto", "Automatic"],
  ["folders", "Folder names"],
  ["metadata", "From metadata.csv or the table"],
  ["none", "None"],
];
const SPLITS = [
  ["none", "None"],
  ["folders", "Folders named train, val, test"],
  ["prefix", "File names such as train_…"],
];

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  if (!views.has(parentElement)) views.set(parentElement, new View(parentElement));
  const view = views.get(parentElement);
  view.update(data, setTriggerValue);
  return () => {
    view.leave();
    views.delete(parentElement);
  };
}

class View {
  constructor(root) {
    this.root = root;
    this.zone = this.$(".zone");
    this.depth = 0; // how many elements below the page the dragged files are over
    this.leaving = new AbortController();
    this.#listen();
  }

  $(selector) {
    return this.root.querySelector(selector);
  }

  update(data, setTriggerValue) {
    Object.assign(this, { data, setTriggerValue });
    this.$(".options").hidden = data.stage;
    this.$(".choose-folder").hidden = data.stage || !("webkitdirectory" in HTMLInputElement.prototype); // some phones
    this.$(".into").textContent = data.into ? `Adding to ${data.into}` : "";
    this.$(".into").hidden = !data.into;
    this.$(".name").hidden = Boolean(data.into) || data.stage;
    choose(this.$(".labels"), LABELS, "auto");
    choose(this.$(".split"), SPLITS, "none");
    choose(this.$(".encoders"), data.encoders, data.encoder);
    this.$(".encoder").hidden = data.encoders.length < 2;
    this.zone.classList.toggle("compact", data.compact);
    this.#attach(transfers.get(data.key));
  }

  leave() {
    this.leaving.abort();
    this.#attach(null);
  }

  #listen() {
    const { signal } = this.leaving;
    const on = (target, kind, act) => target.addEventListener(kind, act, { signal });
    const [pickFiles, pickFolder] = [this.$(".pick-files"), this.$(".pick-folder")];
    on(this.$(".choose-files"), "click", () => pickFiles.click());
    on(this.$(".choose-folder"), "click", () => pickFolder.click());
    on(this.$(".idle"), "click", (event) => event.target.closest("button") || pickFiles.click());
    for (const input of [pickFiles, pickFolder]) {
      on(input, "change", () => {
        this.#take(Promise.resolve(filesOfDialog(input)));
        input.value = "";
      });
    }
    on(this.$(".cancel"), "click", () => this.transfer?.cancel());
    on(this.$(".again"), "click", () => this.transfer.again());
    on(this.$(".create"), "click", () => this.transfer.release());
    on(this.$(".name input"), "keydown", (event) => event.key === "Enter" && this.transfer.release());
    for (const settings of [this.$(".name"), this.$(".options")]) {
      on(settings, "focusin", () => this.transfer?.hold());
      on(settings, "input", () => {
        this.transfer.settings = this.#settings();
        this.#draw();
      });
    }
    // The whole window catches files, so that a drop beside the zone does not replace the page by a picture.
    on(window, "dragenter", (event) => this.#drag(event, 1));
    on(window, "dragleave", (event) => this.#drag(event, -1));
    on(window, "dragover", (event) => this.#drag(event, 0));
    on(window, "drop", (event) => {
      if (!carriesFiles(event) || event.defaultPrevented) return; // one zone takes them, if there are two
      this.#drag(event, -this.depth);
      if (event.defaultPrevented && this.#open) this.#take(filesOfDrop(event.dataTransfer, (count) => this.#say(`Looking through the folder: ${number(count)} files`)));
    });
    on(window, "beforeunload", (event) => this.transfer && !["failed", "finished"].includes(this.transfer.state) && event.preventDefault());
  }

  get #invitation() {
    const { headline, into } = this.data;
    return headline || (into ? `Drop more images for ${into}` : "Drop images, a folder, a ZIP, or a CSV/Parquet table");
  }

  /** Whether the zone takes files now. */
  get #open() {
    return this.zone.dataset.view === "idle" || this.zone.dataset.view === "over";
  }

  #drag(event, step) {
    if (!carriesFiles(event) || inAnotherDropTarget(event, this.root)) return;
    event.preventDefault();
    this.depth = Math.max(0, this.depth + step);
    event.dataTransfer.dropEffect = this.#open ? "copy" : "none";
    if (!this.#open) return;
    this.zone.dataset.view = this.depth ? "over" : "idle";
    this.#draw();
  }

  async #take(coming) {
    this.zone.dataset.view = "reading";
    this.#note("");
    let batch;
    try {
      batch = tidy(await coming);
    } catch {
      return this.#back("That folder could not be read. Check its permissions, or choose another.");
    }
    if (!batch.files.length) return this.#back("There is nothing in there to add. Hidden files are left out.");
    this.$(".options").open = false;
    this.$(".name input").value = unusedName(batch.name, this.data.existing);
    const transfer = new Transfer({ ...batch, api: this.data.api, settings: this.#settings() });
    transfers.set(this.data.key, transfer);
    this.#attach(transfer);
    this.$(".card").focus({ preventScroll: true });
    transfer.run();
  }

  #settings() {
    const { stage, into } = this.data;
    if (stage) return { stage };
    const [labels, split, encoder] = [".labels", ".split", ".encoders"].map((select) => this.$(select).value || null);
    return { name: into ?? this.$(".name input").value.trim(), labels, split, encoder };
  }

  #attach(transfer) {
    if (transfer === this.transfer) return this.#draw();
    this.transfer?.removeEventListener("change", this.changed);
    this.transfer = transfer ?? null;
    if (transfer) {
      this.changed = () => (this.frame ??= requestAnimationFrame(() => this.#draw()));
      transfer.addEventListener("change", this.changed);
      const { name, labels, split, encoder } = transfer.settings;
      const shown = { ".name input": name, ".labels": labels, ".split": split, ".encoders": encoder };
      for (const [field, value] of Object.entries(shown)) if (value) this.$(field).value = value;
    }
    this.#draw();
  }

  #deliver({ answer, settings }) {
    transfers.delete(this.data.key);
    this.#back(settings.stage ? "Everything is here." : `${settings.name}: everything is here, and the map is on its way.`);
    this.setTriggerValue("finished", answer);
  }

  #back(note) {
    this.#attach(null);
    this.zone.dataset.view = "idle";
    this.#draw();
    this.#note(note);
    this.#say(note);
  }

  #draw() {
    this.frame = null;
    const { transfer } = this;
    if (transfer?.state === "cancelled") {
      transfers.delete(this.data.key);
      return this.#back("Cancelled. Nothing was kept.");
    }
    if (transfer?.state === "finished") return this.#deliver(transfer);
    if (transfer) this.zone.dataset.view = transfer.state;
    else if (!["reading", "over"].includes(this.zone.dataset.view)) this.zone.dataset.view = "idle";
    this.$(".headline").textContent = this.zone.dataset.view === "over" ? "Let go to add them" : this.#invitation;
    this.$(".idle").hidden = Boolean(transfer);
    this.$(".card").hidden = !transfer;
    if (transfer) this.#drawTransfer(transfer);
  }

  #drawTransfer({ files, bytes, unreadable, sent, state, wait, problem, automatic, pace }) {
    const share = bytes ? Math.floor((100 * sent) / bytes) : 100;
    const done = state !== "sending" && state !== "failed";
    const lost = unreadable ? ` · ${number(unreadable)} could not be read` : "";
    this.$(".count").textContent = `${number(files.length)} ${files.length === 1 ? "file" : "files"} · ${size(bytes)}${lost}`;
    this.$(".bar").style.transform = `scaleX(${bytes ? sent / bytes : 1})`;
    this.$(".track").setAttribute("aria-valuenow", share);
    this.$(".track").setAttribute("aria-valuetext", `${share} %, ${size(sent)} of ${size(bytes)}`);
    this.$(".share").textContent = done ? "Everything is here" : `${share} % · ${size(sent)} of ${size(bytes)}`;
    this.$(".pace").textContent = done || state === "failed" ? "" : wait ? `Connection lost, next try in ${wait} s` : pacing(pace.speed, bytes - sent);
    this.$(".pace").classList.toggle("warning", Boolean(wait));
    this.$(".problem").textContent = problem;
    this.$(".problem").hidden = !problem;
    this.$(".again").hidden = !problem;
    this.$(".create").hidden = automatic || Boolean(problem) || state === "finishing";
    this.$(".create").textContent = `${this.data.into ? "Add" : "Create"}${done ? "" : " when uploaded"}`;
    this.$(".cancel").hidden = state === "finishing";
    this.$(".next").textContent = problem ? "" : state === "finishing" ? "Handing over…" : automatic && !this.data.stage ? "The map follows by itself." : "";
    const name = this.$(".name input").value.trim();
    this.$(".taken").hidden = Boolean(this.data.into) || !this.data.existing.includes(name) || this.data.stage;
    const quarter = Math.floor(share / 25) * 25;
    this.#say(wait ? "Connection lost, trying again" : done ? "Everything is here" : `Uploading, ${quarter} %`);
  }

  #note(text) {
    this.$(".note").textContent = text;
    this.$(".note").hidden = !text;
  }

  /** For screen readers, and while a folder is being read for everyone. Said once, not at every redraw. */
  #say(text) {
    if (this.$(".live").textContent !== text) this.$(".live").textContent = text;
  }
}

/** Fill a select once, and keep what the visitor chose. */
function choose(select, options, chosen) {
  if (select.options.length) return;
  for (const [value, text] of options) select.add(new Option(text, value, false, value === chosen));
}

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

/** Streamlit's own uploader, or another zone: what is dropped there is meant for it. */
function inAnotherDropTarget(event, root) {
  return event.composedPath().some((node) => node.dataset?.testid === "stFileUploaderDropzone" || (node.classList?.contains("zone") && node.getRootNode() !== root));
}

function unusedName(name, existing) {
  const wanted = name.replaceAll("/", " ").trim().slice(0, 90) || "Untitled";
  let unused = wanted;
  for (let i = 2; existing.includes(unused); i++) unused = `${wanted} ${i}`;
  return unused;
}

function number(value) {
  return value.toLocaleString("en");
}

function size(bytes) {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} KB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function pacing(speed, left) {
  if (!speed) return "";
  const seconds = Math.ceil(left / speed);
  const time = seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
  return `${size(speed)}/s · ${time} left`;
}
