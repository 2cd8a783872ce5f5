// From a drop or a file dialog to a list of {path, file}, with a name for it and a key that survives a reload.
// One of the pieces that dropzone/__init__.py joins into one module.

const IGNORED = new Set(["thumbs.db", "desktop.ini", "__macosx"]);

/** Whether any part of a path is hidden, or something that an operating system leaves lying about. */
function isHidden(path) {
  return path.split("/").some((part) => part.startsWith(".") || IGNORED.has(part.toLowerCase()));
}

/** The files of a drop, folders walked through. Call it in the event itself: later the entries are gone. */
function filesOfDrop(transfer, onCount) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return Promise.resolve([...transfer.files].map((file) => ({ path: file.name, file })));
  return walk(entries, onCount);
}

async function walk(entries, onCount) {
  const found = [];
  const folders = [entries];
  while (folders.length) {
    const inside = folders.pop().filter(({ name }) => !isHidden(name));
    for (const one of await Promise.all(inside.filter((entry) => entry.isFile).map(fileOf))) found.push(one);
    onCount(found.length);
    for (const folder of inside.filter((entry) => entry.isDirectory)) folders.push(await everyEntryOf(folder));
  }
  return found;
}

/** `file` is null when it cannot be read. */
async function fileOf(entry) {
  const file = await new Promise((keep) => entry.file(keep, () => keep(null)));
  return { path: entry.fullPath.replace(/^\/+/, ""), file };
}

/** A reader gives at most 100 entries a call, and an empty list at the end. */
async function everyEntryOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const some = await new Promise((keep, fail) => reader.readEntries(keep, fail));
    if (!some.length) return entries;
    for (const entry of some) entries.push(entry);
  }
}

function filesOfDialog(input) {
  return [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/**
 * What to send: hidden files left out, sorted by path, and one common folder at the top taken off, because it
 * names the dataset and labels nothing.
 */
function tidy(found) {
  const kept = found.filter(({ path, file }) => file && !isHidden(path));
  const unreadable = found.filter(({ file }) => !file).length;
  const root = commonFolder(kept);
  const files = kept.map(({ path, file }) => ({ path: (root ? path.slice(root.length + 1) : path).normalize("NFC"), file }));
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return { files, name: nameFor(root, files), bytes: files.reduce((sum, { file }) => sum + file.size, 0), unreadable };
}

function commonFolder(found) {
  const first = found[0]?.path.split("/")[0];
  return first && found.every(({ path }) => path.startsWith(`${first}/`)) ? first : "";
}

function nameFor(root, files) {
  if (root) return root;
  const container = files.find(({ path }) => /\.(zip|tar|tgz|tar\.gz|csv|parquet)$/i.test(path) && !/^metadata\.csv$/i.test(path));
  return container ? container.path.replace(/^.*\//, "").replace(/\.(zip|tar|tgz|tar\.gz|csv|parquet)$/i, "") : "Untitled";
}

/** The same files give the same key, today or after a reload. Not a secret: the server adds whose upload it is. */
function keyOf(files) {
  let a = 0x811c9dc5, b = 0x1b873593;
  for (const { path, file } of files) {
    const line = `${path}\n${file.size}\n${file.lastModified}\n`;
    for (let i = 0; i < line.length; i++) {
      const code = line.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
    }
  }
  return [a, b, files.length].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
}
