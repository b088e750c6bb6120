// What a person types as an amount, read in minor units. What could mean two amounts is never guessed: it is null.

const MOST_DIGITS = 10; // of minor units

const signs = Object.fromEntries(new Intl.NumberFormat(document.documentElement.lang, { useGrouping: "always" })
  .formatToParts(12345.6).map(({ type, value }) => [type, value]));

/** What the server sends with a point, with the page's own sign before the decimals. */
export const local = (text) => text.replace(".", signs.decimal);

export function plain(minor, decimals) {
  const digits = String(minor).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

/** As people write it in the page's language, with the currency's symbol where it belongs. */
export function pretty(minor, { decimals, shape }) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: "always" };
  return shape.replace("{amount}", (minor / 10 ** decimals).toLocaleString(document.documentElement.lang, digits));
}

/** Thousands parted in the page's way. A single sign with three digits after it could be decimals, too: `lone` allows it. */
function grouped(bare, decimals, lone) {
  const [group, point] = [signs.group, signs.decimal].map((sign) => `\\${sign}`);
  const shape = new RegExp(`^[1-9]\\d{0,2}(${group}\\d{3})+(${point}\\d{1,${decimals || 1}})?$`);
  if (!shape.test(bare) || (!decimals && bare.includes(signs.decimal))) return null;
  if (!lone && bare.split(signs.group).length === 2 && !bare.includes(signs.decimal)) return null;
  return bare.replaceAll(signs.group, "").replace(signs.decimal, ".");
}

/** What a person typed, with a point before the decimals; what could mean two amounts is left for the server to refuse. */
export function typedAmount(text, decimals) {
  const bare = text.replace(/\s/g, "");
  const read = grouped(bare, decimals, decimals !== 3);
  if (read) return read;
  if (decimals === 3 && grouped(bare, decimals, true)) return ""; // a thousand, or a thousandth of it
  return decimals && new RegExp(`^\\d+[.,]\\d{1,${decimals}}$`).test(bare) ? bare.replace(",", ".") : bare;
}

/**
 * Minor units of what was keyed in, or null. Digits alone go in from the right, as on every cash register; a point or comma
 * says where the decimals begin.
 */
export function keyed(text, decimals) {
  if (/^\d*$/.test(text)) return within(text);
  if (decimals === 3 && grouped(text, decimals, true) !== grouped(text, decimals, false)) return null;
  const point = decimals && new RegExp(`^\\d*[.,]\\d{0,${decimals}}$`).test(text);
  const read = point ? text.replace(",", ".") : grouped(text, decimals, false);
  if (!read) return null;
  const [whole, after = ""] = read.split(".");
  return within(whole + after.padEnd(decimals, "0"));
}

function within(digits) {
  const bare = digits.replace(/^0+/, "");
  return bare.length <= MOST_DIGITS ? Number(bare) : null;
}
