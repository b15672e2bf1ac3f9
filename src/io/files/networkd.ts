/**
 * Whether systemd-networkd manages an interface, and whether it leaves addresses alone that others add. Its state file
 * of the link (/run/systemd/netif/links/INDEX) names the .network file that matched, so no matching is done here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type ManagedBy = { readonly file: string; readonly keeps: boolean };

/** Where drop-ins of a .network file may lie, in rising precedence (systemd.network(5)). */
const FOLDERS = ['usr/lib/systemd/network', 'run/systemd/network', 'etc/systemd/network'] as const;

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (e) {
    if (e instanceof Error && 'code' in e) return undefined; // not there, or not for us to read
    throw e;
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((f) => f.endsWith('.conf'))
      .sort();
  } catch (e) {
    if (e instanceof Error && 'code' in e) return [];
    throw e;
  }
}

const entry = (text: string, key: string): string | undefined =>
  text
    .split('\n')
    .findLast((line) => line.startsWith(`${key}=`))
    ?.slice(key.length + 1);

/** The last KeepConfiguration= of the [Network] sections. */
function keepConfiguration(text: string): string | undefined {
  let section = '';
  let value: string | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line.startsWith('[')) section = line;
    const m = section === '[Network]' ? /^KeepConfiguration\s*=\s*(.*)$/.exec(line) : null;
    if (m !== null) value = m[1];
  }
  return value;
}

/** `root`: for tests. undefined when networkd does not manage the interface, or does not run. */
export function managedByNetworkd(index: number, root = '/'): ManagedBy | undefined {
  const state = readText(join(root, 'run/systemd/netif/links', String(index)));
  if (state === undefined || entry(state, 'ADMIN_STATE') === 'unmanaged') return undefined;
  const file = entry(state, 'NETWORK_FILE');
  if (file === undefined || file === '') return undefined;
  const dropIns = FOLDERS.flatMap((folder) => {
    const path = join(root, folder, `${basename(file)}.d`);
    return list(path).map((name) => join(path, name));
  });
  let value: string | undefined;
  for (const path of [join(root, file), ...dropIns]) {
    const text = readText(path);
    value = (text === undefined ? undefined : keepConfiguration(text)) ?? value;
  }
  // 'dynamic' keeps what DHCP gave and nothing else.
  return { file, keeps: /^(?:yes|true|on|1|y|t|static)$/i.test(value ?? '') };
}
