// The pictures of a payment code, drawn without the bank: QR (ISO/IEC 18004, version 1-M, digits) and Code 128 (ISO/IEC
// 15417, subset C), as paths like those of `web/symbols.py`. Imports nothing.

const SIZE = 21;
const QUIET = 4;
const DATA = 16; // codewords of data, and then of error correction
const CORRECTION = 10;
const MASKS = [
  (x, y) => (x + y) % 2,
  (x, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => ((x / 3 | 0) + (y / 2 | 0)) % 2,
  (x, y) => (x * y) % 2 + (x * y) % 3,
  (x, y) => ((x * y) % 2 + (x * y) % 3) % 2,
  (x, y) => ((x + y) % 2 + (x * y) % 3) % 2,
];

// --- QR: codewords ---

/** Multiplies in GF(256) with the polynomial 0x11d. */
function times(a, b) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) product = (product << 1) ^ (product >> 7 ? 0x11d : 0) ^ ((b >> bit) & 1 ? a : 0);
  return product;
}

function correction(data) {
  let generator = [1];
  for (let n = 0, root = 1; n < CORRECTION; n += 1, root = times(root, 2)) {
    const longer = [...generator, 0];
    generator.forEach((term, i) => (longer[i + 1] ^= times(term, root)));
    generator = longer;
  }
  const rest = [...data, ...Array(CORRECTION).fill(0)];
  data.forEach((_, i) => {
    const factor = rest[i];
    generator.forEach((term, j) => (rest[i + j] ^= times(term, factor)));
  });
  return rest.slice(data.length);
}

const binary = (number, length) => number.toString(2).padStart(length, "0");

function codewords(digits) {
  const groups = digits.match(/\d{1,3}/g).map((group) => binary(Number(group), 1 + 3 * group.length));
  const bits = `0001${binary(digits.length, 10)}${groups.join("")}0000`;
  const bytes = bits.match(/.{1,8}/g).map((byte) => parseInt(byte.padEnd(8, "0"), 2));
  for (let pad = 0xec; bytes.length < DATA; pad ^= 0xfd) bytes.push(pad);
  return [...bytes, ...correction(bytes)];
}

// --- QR: modules ---

const grid = () => Array.from({ length: SIZE }, () => Array(SIZE).fill(null));

/** Finder patterns with their separators, the timing patterns, and the module that is always dark. */
function fixed() {
  const rows = grid();
  for (const [left, top] of [[0, 0], [SIZE - 7, 0], [0, SIZE - 7]]) {
    for (let y = -1; y <= 7; y += 1) {
      for (let x = -1; x <= 7; x += 1) {
        const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3));
        if (rows[top + y] && left + x >= 0 && left + x < SIZE) rows[top + y][left + x] = ring !== 2 && ring !== 4;
      }
    }
  }
  for (let n = 8; n < SIZE - 8; n += 1) rows[6][n] = rows[n][6] = n % 2 === 0;
  for (let n = 0; n < 9; n += 1) { // room for the format, which is written last
    rows[8][n] ??= false;
    rows[n][8] ??= false;
  }
  for (let n = 1; n <= 8; n += 1) {
    rows[8][SIZE - n] ??= false;
    rows[SIZE - n][8] ??= false;
  }
  rows[SIZE - 8][8] = true;
  return rows;
}

/** Where the bits of data go: up and down in columns of two, from the right, passing over the timing column. */
function places(taken) {
  const found = [];
  for (let right = SIZE - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right -= 1;
    for (let n = 0; n < SIZE; n += 1) {
      const y = up ? SIZE - 1 - n : n;
      for (const x of [right, right - 1]) if (taken[y][x] === null) found.push([x, y]);
    }
  }
  return found;
}

/** Fifteen bits: level M (0), the mask, their BCH code, and the standard's own mask over it. */
function format(mask) {
  let rest = mask << 10;
  for (let bit = 14; bit >= 10; bit -= 1) if ((rest >> bit) & 1) rest ^= 0x537 << (bit - 10);
  return ((mask << 10) | rest) ^ 0x5412;
}

function writeFormat(rows, mask) {
  const bits = [...binary(format(mask), 15)].map((bit) => bit === "1");
  const beside = [0, 1, 2, 3, 4, 5, 7, 8];
  bits.forEach((dark, n) => {
    if (n < 8) rows[8][beside[n]] = dark;
    else rows[beside[14 - n]][8] = dark;
    if (n < 7) rows[SIZE - 1 - n][8] = dark;
    else rows[8][SIZE - 15 + n] = dark;
  });
}

function masked(bits, mask) {
  const rows = fixed();
  places(rows).forEach(([x, y], n) => (rows[y][x] = (bits[n] === "1") !== (MASKS[mask](x, y) === 0)));
  writeFormat(rows, mask);
  return rows;
}

// --- QR: which mask reads best ---

function penalty(rows) {
  const lines = [...rows, ...rows[0].map((_, x) => rows.map((row) => row[x]))].map((line) => line.map(Number).join(""));
  let points = 0;
  for (const line of lines) {
    for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) points += run.length - 2;
    for (let n = 0; n + 11 <= SIZE; n += 1) if (["10111010000", "00001011101"].includes(line.slice(n, n + 11))) points += 40;
  }
  for (let y = 1; y < SIZE; y += 1) {
    for (let x = 1; x < SIZE; x += 1) {
      if (rows[y][x] === rows[y - 1][x] && rows[y][x] === rows[y][x - 1] && rows[y][x] === rows[y - 1][x - 1]) points += 3;
    }
  }
  const dark = rows.flat().filter(Boolean).length;
  return points + 10 * Math.floor(Math.abs((20 * dark) / (SIZE * SIZE) - 10));
}

function qr(digits) {
  const bits = codewords(digits).map((word) => binary(word, 8)).join("");
  const drawn = MASKS.map((_, mask) => masked(bits, mask));
  const points = drawn.map(penalty);
  const rows = drawn[points.indexOf(Math.min(...points))];
  const size = SIZE + 2 * QUIET;
  return { width: size, height: size, path: rows.map((row, y) => path(row, y + QUIET, QUIET, 1)).join("") };
}

/** One run of dark modules becomes one rectangle. */
function path(modules, y, left, height) {
  let drawn = "";
  for (let x = 0; x < modules.length; x += 1) {
    const from = x;
    while (modules[x]) x += 1;
    if (x > from) drawn += `M${from + left} ${y}h${x - from}v${height}h-${x - from}z`;
  }
  return drawn;
}

// --- Code 128 ---

const QUIET_BARS = 10;
const HEIGHT = 40;
const START_C = 105;
const STOP = 106;
const WIDTHS = (
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222123122123221223211" +
  "221132221231213212223112312131311222321122321221312212322112322211212123212321232121111323131123131321112313132113" +
  "132311211313231113231311112133112331132131113123113321133121313121211331231131213113213311213131311123311321331121" +
  "312113312311332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112142211241211" +
  "221114413111241112134111111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141" +
  "1141131143114111134113111131411141313111414111312114122112142112322331112"
);

function code128(digits) {
  const pairs = digits.match(/\d\d/g).map(Number);
  const check = pairs.reduce((sum, pair, n) => sum + pair * (n + 1), START_C) % 103;
  const widths = [START_C, ...pairs, check].map((value) => WIDTHS.slice(6 * value, 6 * value + 6)).join("");
  const bars = [...widths, ...WIDTHS.slice(6 * STOP)].flatMap((width, n) => Array(Number(width)).fill(n % 2 === 0));
  return { width: bars.length + 2 * QUIET_BARS, height: HEIGHT, path: path(bars, 0, QUIET_BARS, HEIGHT) };
}

/** The pictures of twenty digits, by the ids that they have on the page. */
export const pictures = (digits) => ({ qr: qr(digits), bars: code128(digits) });
