// Colours. Categories keep theirs whatever is filtered: colour k belongs to the k-th most frequent value of the column.
// pages/parts/palette.py makes the same ones for charts; a test compares the two.

// Steps of hue, lightness and chroma from one further colour to the next: Martin Roberts' R3 sequence, which spreads any
// number of them evenly. Neighbours differ in lightness as well, which everyone sees.
const STEPS = [0.8191725133961645, 0.6710436067037893, 0.5497004779019703];
const CHROMA = [0.07, 0.17];

export class Palette {
  /** `first` are the colours told apart best, `scale` those of numbers from low to high, both `#rrggbb` of the theme. */
  constructor({ first, scale, lightness }) {
    this.first = first.map(hex);
    this.stops = scale.map(hex);
    this.lightness = lightness; // of the further colours: least and most
  }

  /** Colour of the k-th category, `[red, green, blue]` in 0…255. Never a shared grey, however many there are. */
  category(k) {
    if (k < this.first.length) return this.first[k];
    const [hue, lightness, chroma] = STEPS.map((step) => ((k - this.first.length + 1) * step) % 1);
    return oklch(between(this.lightness, lightness), between(CHROMA, chroma), 360 * hue);
  }

  /** Colour at `share` in 0…1 of the scale for numbers. */
  number(share) {
    const at = Math.min(Math.max(share, 0), 1) * (this.stops.length - 1);
    const low = Math.min(Math.floor(at), this.stops.length - 2);
    const [from, to] = [this.stops[low], this.stops[low + 1]];
    return from.map((value, channel) => Math.round(value + (to[channel] - value) * (at - low)));
  }
}

function between([least, most], share) {
  return least + (most - least) * share;
}

export function css([red, green, blue], opacity = 1) {
  return `rgb(${red} ${green} ${blue} / ${opacity})`;
}

export function hex(text) {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

/** Björn Ottosson's OKLCH, in which equal steps look equal; cut to what sRGB can show. */
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((linear) => {
    const bounded = Math.min(Math.max(linear, 0), 1);
    return Math.round(255 * (bounded <= 0.0031308 ? 12.92 * bounded : 1.055 * bounded ** (1 / 2.4) - 0.055));
  });
}
