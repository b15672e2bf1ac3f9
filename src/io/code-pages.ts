/**
 * Which pages of the program and its libraries can be given back to the kernel and come again unchanged, read from what smaps
 * (proc_pid_smaps(5)) says of each mapping.
 */

/** Addresses of whole pages, from the first to before the last. */
export type Pages = { readonly from: number; readonly to: number };

/** An entry ends with this line, which the kernel writes since 3.8. */
const LAST_LINE = /^VmFlags:.*\n/m;
const HEADER = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ ([0-9]+) /;
/** Nothing was ever written there: neither by the loader, which joins what it has written to what is read only, nor since. */
const UNTOUCHED = ['Private_Dirty', 'Anonymous', 'Swap'] as const;
/** Locked, huge pages of another kind, memory of a device, writable. */
const OTHERWISE = new Set(['lo', 'ht', 'io', 'pf', 'wr']);

/**
 * The mappings that `text`, a piece of smaps from the beginning of an entry, knows to be read only, private, of a file, resident and
 * never written, and the rest of it, which is no whole entry yet. What is not said is taken for a reason to leave it alone.
 */
export function cleanPages(text: string): { readonly pages: readonly Pages[]; readonly rest: string } {
  const pages: Pages[] = [];
  let rest = text;
  for (;;) {
    const end = LAST_LINE.exec(rest);
    if (end === null) return { pages, rest };
    const after = end.index + end[0].length;
    const clean = cleanEntry(rest.slice(0, after));
    if (clean !== undefined) pages.push(clean);
    rest = rest.slice(after);
  }
}

function cleanEntry(entry: string): Pages | undefined {
  const [, from = '', to = '', inode] = HEADER.exec(entry) ?? [];
  if (inode === undefined || inode === '0') return undefined;
  const kilobytes = (field: string): number =>
    Number(new RegExp(`^${field}: +([0-9]+) kB$`, 'm').exec(entry)?.[1] ?? Number.NaN);
  if (!(kilobytes('Rss') > 0) || UNTOUCHED.some((field) => kilobytes(field) !== 0)) return undefined;
  const flags = /^VmFlags: (.*)$/m.exec(entry)?.[1] ?? '';
  if (flags.split(' ').some((flag) => OTHERWISE.has(flag))) return undefined;
  return { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) };
}
