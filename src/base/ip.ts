/** IP addresses as text and as octets. Accepts exactly what inet_pton accepts; zone ids are refused. */

/** '192.0.2.1' to 4 octets; undefined when it is not that form (no leading zeros beyond '0', four parts). */
export function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length < 7 || text.length > 15) return undefined;
  const out = new Uint8Array(4);
  let part = 0;
  let value = -1; // -1: no digit yet
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x2e) {
      if (value < 0 || part === 3) return undefined;
      out[part++] = value;
      value = -1;
    } else {
      // A leading zero is refused: nobody agrees whether it means octal.
      if (c < 0x30 || c > 0x39 || value === 0) return undefined;
      value = (value < 0 ? 0 : value * 10) + c - 0x30;
      if (value > 255) return undefined;
    }
  }
  if (value < 0 || part !== 3) return undefined;
  out[3] = value;
  return out;
}

/** RFC 4291 section 2.2 text to 16 octets, with '::' and a dotted tail; undefined when malformed. */
export function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length < 2 || text.length > 45 || !/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const words = (half: string): number[] | undefined => {
    if (half === '') return [];
    const out: number[] = [];
    const parts = half.split(':');
    for (const [i, part] of parts.entries()) {
      if (part.includes('.')) {
        const v4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
        if (v4 === undefined) return undefined;
        out.push(((v4[0] as number) << 8) | (v4[1] as number), ((v4[2] as number) << 8) | (v4[3] as number));
      } else {
        if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined;
        out.push(Number.parseInt(part, 16));
      }
    }
    return out;
  };
  const head = words(halves[0] as string);
  const tail = halves.length === 2 ? words(halves[1] as string) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  // A dotted tail belongs at the very end.
  if (halves.length === 2 && (halves[0] as string).includes('.')) return undefined;
  const out = new Uint8Array(16);
  for (const [i, w] of [...head, ...Array<number>(missing).fill(0), ...tail].entries()) {
    out[2 * i] = w >> 8;
    out[2 * i + 1] = w & 0xff;
  }
  return out;
}

/** Either family; the length of the result tells which. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** Canonical text (RFC 5952 for IPv6) of 4 or 16 octets. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const words = Array.from(
    { length: 8 },
    (_, i) => ((bytes[2 * i] as number) << 8) | (bytes[2 * i + 1] as number),
  );
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && words[i + n] === 0) n++;
    if (n > bestLength) {
      best = i;
      bestLength = n;
    }
  }
  const hex = words.map((w) => w.toString(16));
  if (best === -1) return hex.join(':');
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`;
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticast(bytes: Uint8Array): boolean {
  const first = bytes[0] as number;
  return bytes.length === 4 ? first >> 4 === 14 : first === 0xff;
}
