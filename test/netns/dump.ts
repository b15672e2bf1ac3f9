/** keepalived's data dump (2.2.7) as values: sections, then for each object its fields and its lists. */

export type DumpedObject = {
  readonly name: string;
  /** 'Key = value' and 'Key : value'; the last of a key. */
  readonly fields: ReadonlyMap<string, string>;
  /** Indented lines below a line that ends with ':', by that line without its count. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
};
export type Dump = ReadonlyMap<string, readonly DumpedObject[]>;

/** 'Global definitions' holds one object named ''. */
export function parseDump(text: string): Dump {
  const out = new Map<string, DumpedObject[]>();
  for (const part of text.split(/^------< /m).slice(1)) {
    const end = part.indexOf(' >------');
    const title = part.slice(0, end);
    if (!out.has(title)) out.set(title, objects(part.slice(end + 8), title === 'Global definitions'));
  }
  return out;
}

function objects(text: string, global: boolean): DumpedObject[] {
  if (global)
    return [
      object(
        '',
        text.split('\n').map((l) => `  ${l}`),
      ),
    ];
  const out: DumpedObject[] = [];
  let name: string | undefined;
  let lines: string[] = [];
  const flush = () => {
    if (name !== undefined) out.push(object(name, lines));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const head = /^ (?! )[^=]* = (\S+?),?(?: .*)?$/.exec(line);
    if (head === null) lines.push(line);
    else {
      flush();
      name = head[1];
    }
  }
  flush();
  return out;
}

function object(name: string, lines: readonly string[]): DumpedObject {
  const fields = new Map<string, string>();
  const lists = new Map<string, string[]>();
  let list: string[] = [];
  for (const line of lines) {
    const item = /^ {4,}(\S.*)$/.exec(line);
    if (item !== null) {
      list.push(item[1] as string);
      continue;
    }
    const open = /^ {2,3}(\S.*?) ?(?:\(\d+\))? ?:$/.exec(line);
    if (open !== null) {
      list = [];
      lists.set(open[1] as string, list);
      continue;
    }
    const field =
      /^ {2,3}(\S.*?)(?: = | : )(.*)$/.exec(line) ?? /^ {2,3}(Multicast address) (\S+)/.exec(line);
    if (field !== null) fields.set(field[1] as string, field[2] as string);
    else if (line.trim() !== '') fields.set(line.trim(), '');
  }
  return { name, fields, lists };
}
