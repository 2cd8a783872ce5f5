// Sets of rows: one byte a row while they are worked with, one bit a row on the way to and from the server.

/** (n,) of 0 and 1 from the server's bits. */
export function unpacked(bits, n) {
  const set = new Uint8Array(n);
  for (let row = 0; row < n; row += 1) set[row] = (bits[row >> 3] >> (row & 7)) & 1;
  return set;
}

export function packed(set) {
  const bits = new Uint8Array(Math.ceil(set.length / 8));
  for (let row = 0; row < set.length; row += 1) bits[row >> 3] |= set[row] << (row & 7);
  return bits;
}

export function count(set) {
  let sum = 0;
  for (let row = 0; row < set.length; row += 1) sum += set[row];
  return sum;
}

/** The rows of a set, ascending, at most `most`. */
export function listed(set, most = Infinity) {
  const rows = [];
  for (let row = 0; row < set.length && rows.length < most; row += 1) if (set[row]) rows.push(row);
  return rows;
}
