/**
 * The environment of scripts: the daemon's own, as keepalived passes it on, minus what must not leak into a script
 * and what only concerns the daemon's own process, plus a usable PATH and HOME and the VIPD_* facts of this run.
 */

export const SANE_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** KEEPALIVED: IFS, LD_PRELOAD and LD_LIBRARY_PATH are taken out; the rest is systemd's and Node's talk with us. */
const REMOVED = new Set([
  'IFS',
  'LD_PRELOAD',
  'LD_LIBRARY_PATH',
  'NOTIFY_SOCKET',
  'NODE_OPTIONS',
  'NODE_CHANNEL_FD',
  'NODE_CHANNEL_SERIALIZATION_MODE',
  'NODE_UNIQUE_ID',
  'NODE_V8_COVERAGE',
]);
/** VIPD_* of the daemon itself may hold secrets (tokens); scripts get only those of their own run. */
const REMOVED_PREFIXES = ['WATCHDOG_', 'LISTEN_', 'VIPD_'];

export type Person = { readonly uid: number; readonly userName: string; readonly home: string };

/** `own`: the daemon's environment; `ownUid`: its effective user; `added`: only VIPD_* names are taken from it. */
export function scriptEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  ownUid: number,
  who: Person,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined || REMOVED.has(name) || REMOVED_PREFIXES.some((p) => name.startsWith(p)))
      continue;
    out[name] = value;
  }
  if ((out['PATH'] ?? '') === '') out['PATH'] = SANE_PATH;
  const other = who.uid !== ownUid;
  if (other || (out['HOME'] ?? '') === '') out['HOME'] = who.home === '' ? '/' : who.home;
  if (other || out['USER'] === undefined) out['USER'] = who.userName;
  if (other || out['LOGNAME'] === undefined) out['LOGNAME'] = who.userName;
  for (const [name, value] of Object.entries(added)) {
    if (/^VIPD_[A-Z0-9_]+$/.test(name)) out[name] = value.replaceAll('\0', '');
  }
  return out;
}
