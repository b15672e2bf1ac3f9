/** keepalived's two ways of writing a file creation mask: a C number, or permission bits joined by '|'. */

const BITS: Readonly<Record<string, number>> = {
  IRUSR: 0o400,
  IWUSR: 0o200,
  IXUSR: 0o100,
  IRWXU: 0o700,
  IRGRP: 0o040,
  IWGRP: 0o020,
  IXGRP: 0o010,
  IRWXG: 0o070,
  IROTH: 0o004,
  IWOTH: 0o002,
  IXOTH: 0o001,
  IRWXO: 0o007,
};

/** 0..0o777, or undefined when `text` is neither form. */
export function parseUmask(text: string): number | undefined {
  const value = number(text) ?? bits(text);
  return value !== undefined && value <= 0o777 ? value : undefined;
}

function number(text: string): number | undefined {
  if (/^0[xX][0-9a-fA-F]{1,4}$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]{0,5}$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d{0,4}$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

function bits(text: string): number | undefined {
  let mask = 0;
  for (const word of text.split('|')) {
    const name = word.trim();
    if (!Object.hasOwn(BITS, name)) return undefined;
    mask |= BITS[name] as number;
  }
  return mask;
}
