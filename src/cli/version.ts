/** The text of -v: the first line in keepalived's form, since scripts cut the version out of it. */
import { readFileSync } from 'node:fs';
import { release, type } from 'node:os';
import { packageRoot } from '../package-root.ts';

/** 'major.minor.patch' of package.json. */
export function packageVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot()), 'utf8');
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || !('version' in value))
    throw new Error('package.json names no version: the installation is damaged, run npm ci again');
  return String(value.version);
}

export function versionText(): string {
  return `vipd v${packageVersion()} (configuration language of Keepalived v2.4.3)

Running on ${type()} ${release()}, Node ${process.version}

Config options:  VRRP VRRP_AUTH OLD_CHKSUM_COMPAT INIT=systemd SYSTEMD_NOTIFY
`;
}
