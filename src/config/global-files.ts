/** Files of 'global_defs': what is written where, with which mask, and what guards a reload. */
import type { Reporter } from './diagnostic.ts';
import type { FilesSettings, ReloadSettings } from './global-config.ts';
import type { Block, Setting } from './settings.ts';

const DEFAULT_UMASK = 0o177;

const present = <K extends string>(key: K, value: string | undefined): { [P in K]?: string } =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };

export function readFiles(block: Block, reporter: Reporter): FilesSettings {
  return {
    umask: readUmask(block, reporter),
    jsonVersion: block.number('json_version') === 2 ? 2 : 1,
    ...present('stateDump', block.text('state_dump_file')),
    ...present('statsDump', block.text('stats_dump_file')),
    ...present('jsonDump', block.text('json_dump_file')),
    dumpNamesWithInstance: block.boolean('data_use_instance') ?? false,
    ...present('saveDirectory', block.text('config_save_dir')),
    ...present('temporaryDirectory', block.text('tmp_config_directory')),
    ...present('iprouteVendorDirectory', block.text('iproute_usr_dir')),
    iprouteLocalDirectory: block.text('iproute_etc_dir') ?? '/etc/iproute2',
    keepSymlinks: block.boolean('use_symlink_paths') ?? false,
  };
}

export function readReload(block: Block): ReloadSettings {
  return {
    ...present('checkLog', block.text('reload_check_config')),
    ...present('timeFile', block.text('reload_time_file')),
    repeat: block.has('reload_repeat'),
    ...present('lockFile', block.has('reload_file') ? (block.text('reload_file') ?? '') : undefined),
  };
}

/** The last line that is a mask. */
function readUmask(block: Block, reporter: Reporter): number {
  for (const setting of block.latest('umask')) {
    const mask = /^\d/.test(setting.words[0]?.text ?? '')
      ? numeric(setting, reporter)
      : symbolic(setting, reporter);
    if (mask !== undefined) return mask;
  }
  return DEFAULT_UMASK;
}

function refuse(setting: Setting, message: string, reporter: Reporter): undefined {
  reporter.report('KA0571', setting.at, message, {
    effect: 'keepalived ignores the line',
    fix: "write a number in 0..0777, or bits such as 'IXUSR | IRWXG'",
  });
  return undefined;
}

/** C notation: 0x…, 0…, decimal. */
function numeric(setting: Setting, reporter: Reporter): number | undefined {
  const [word, extra] = setting.words;
  const text = word?.text ?? '';
  if (extra !== undefined) return refuse(setting, 'Extra parameter(s) to umask option', reporter);
  const value = /^0[xX][0-9a-fA-F]{1,8}$/.test(text)
    ? Number.parseInt(text.slice(2), 16)
    : /^0[0-7]{0,11}$/.test(text)
      ? Number.parseInt(text, 8)
      : /^[1-9]\d{0,9}$/.test(text)
        ? Number(text)
        : Number.NaN;
  return value <= 0o777 ? value : refuse(setting, `invalid umask value ${text}`, reporter);
}

const WHO = { U: 6, G: 3, O: 0, USR: 6, GRP: 3, OTH: 0 } as const;
const WHAT = { R: 4, W: 2, X: 1, RWX: 7 } as const;

/** 'IRUSR | IRWXG', with or without blanks around the bars. */
function symbolic(setting: Setting, reporter: Reporter): number | undefined {
  const bits = setting.words
    .map((w) => w.text)
    .join(' ')
    .split('|')
    .map((b) => b.trim());
  let mask = 0;
  for (const bit of bits) {
    const m = /^I(?:([RWX])(USR|GRP|OTH)|(RWX)([UGO]))$/.exec(bit);
    if (m === null) return refuse(setting, `Unknown umask bit ${bit}`, reporter);
    const what = WHAT[(m[1] ?? m[3]) as keyof typeof WHAT];
    mask |= what << WHO[(m[2] ?? m[4]) as keyof typeof WHO];
  }
  return mask;
}
