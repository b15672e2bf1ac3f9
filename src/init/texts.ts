/**
 * The files of `vipd init`, from settled answers: one for each node, or one for both whose differing lines are
 * conditional. What makes a pair work is built in: both start as BACKUP, the check's weight is larger than the gap of the
 * priorities, the peers mirror each other, scripts are checked for who could change them.
 */
import type { Answers, InitNode } from './answers.ts';

export type InitFile = { readonly name: string; readonly text: string };

/** The text for one node from each index, and the lines of both where they differ. */
type Lines = (of: (node: InitNode, other: InitNode, index: 0 | 1) => string) => readonly string[];

export function initFiles(a: Answers): readonly InitFile[] {
  const [first, second] = a.nodes;
  if (a.oneFile) {
    const both: Lines = (of) => [
      `@${first.name} ${of(first, second, 0)}`,
      `@${second.name} ${of(second, first, 1)}`,
    ];
    return [{ name: 'keepalived.conf', text: text(a, headOfBoth(a), both) }];
  }
  return [
    { name: `${first.name}.conf`, text: text(a, headOf(a, first, second), (of) => [of(first, second, 0)]) },
    { name: `${second.name}.conf`, text: text(a, headOf(a, second, first), (of) => [of(second, first, 1)]) },
  ];
}

/** The command that gives these answers, flags that say the default left out. */
export function commandOf(a: Answers): readonly string[] {
  const quoted = (s: string): string => (/^[A-Za-z0-9_./:=,-]+$/.test(s) ? s : `'${s}'`);
  return [
    'vipd init',
    `--interface ${a.interface}`,
    ...a.vips.map((v) => `--vip ${v.address}/${v.prefix}`),
    ...a.nodes.map((n) => `--node ${n.name}${n.address === undefined ? '' : `=${n.address}`}`),
    ...(a.priorities.join() === '110,100' ? [] : [`--priority ${a.priorities.join()}`]),
    ...(a.vrid === 51 ? [] : [`--vrid ${a.vrid}`]),
    ...(a.version === 3 ? [] : [`--version ${a.version}`]),
    ...(a.unicast ? ['--unicast'] : []),
    ...(a.check === undefined ? [] : [`--check ${quoted(checkWord(a.check))}`]),
    ...(a.instance === 'VI_1' ? [] : [`--instance ${a.instance}`]),
    ...(a.notify === undefined ? [] : [`--notify ${quoted(a.notify)}`]),
    ...(a.preempt ? [] : ['--nopreempt']),
    ...(a.advertInt === '1' ? [] : [`--advert-int ${a.advertInt}`]),
    ...(a.oneFile ? ['--one-file'] : []),
  ];
}

const checkWord = (check: NonNullable<Answers['check']>): string =>
  check.name === 'chk_service' ? check.command : check.name.slice('chk_'.length);

const WIDTH = 100;

/** The command as a remark, broken between flags. */
function madeBy(a: Answers): readonly string[] {
  const out: string[] = [];
  let line = '#  ';
  for (const part of commandOf(a)) {
    if (line.length + part.length >= WIDTH && line.trim() !== '#') {
      out.push(line);
      line = '#     ';
    }
    line += ` ${part}`;
  }
  return [...out, line];
}

const called = (n: InitNode): string => (n.address === undefined ? n.name : `${n.name} (${n.address})`);

function headOf(a: Answers, node: InitNode, other: InitNode): readonly string[] {
  return [
    `# keepalived.conf of ${called(node)}; the other node is ${called(other)}. Made by`,
    ...madeBy(a),
    `# Install it on ${node.name} as /etc/keepalived/keepalived.conf, and ${other.name}.conf on ${other.name}.`,
    '# Lines marked [node] differ between the two; all others must be the same on both.',
  ];
}

function headOfBoth(a: Answers): readonly string[] {
  const [first, second] = a.nodes;
  return [
    `# keepalived.conf of both ${called(first)} and ${called(second)}. Made by`,
    ...madeBy(a),
    '# Install it on both as /etc/keepalived/keepalived.conf. A line that begins with @NAME counts on the host of that',
    '# name only (its host name up to the first dot, or what -i says).',
  ];
}

function text(a: Answers, head: readonly string[], own: Lines): string {
  const mark = a.oneFile ? '' : ' # [node]';
  const out = [
    ...head,
    '',
    'global_defs {',
    ...own((n) => `router_id ${n.name}${mark}`).map(indent),
    '    enable_script_security # refuse scripts that someone other than root could have changed',
    '    script_user root # who runs scripts; an account of its own is better where it suffices',
    '}',
    '',
    ...checkBlock(a),
    `vrrp_instance ${a.instance} {`,
    '    # Both nodes: who is master follows from the priority.',
    '    state BACKUP',
    `    interface ${a.interface}`,
    '    # The same on both nodes, and used by nothing else on this network.',
    `    virtual_router_id ${a.vrid}`,
    `    version ${a.version}`,
    ...own((_n, _o, i) => `priority ${a.priorities[i]}${mark}`).map(indent),
    '    # Seconds between adverts, the same on both nodes; a dead master is noticed after three.',
    `    advert_int ${a.advertInt}`,
    ...(a.preempt
      ? []
      : [
          '    # Whoever is master stays it, also when the node with the higher priority is back.',
          '    nopreempt',
        ]),
    ...unicast(a, own, mark),
    '    virtual_ipaddress {',
    ...linkLocal(a),
    ...a.vips.map((v) => `        ${v.address}/${v.prefix}`),
    '    }',
    ...(a.check === undefined ? [] : ['    track_script {', `        ${a.check.name}`, '    }']),
    ...(a.notify === undefined
      ? []
      : [
          `    # Called with: INSTANCE ${a.instance} MASTER|BACKUP|FAULT PRIORITY`,
          `    notify "${a.notify}"`,
        ]),
    '}',
    '',
  ];
  return out.join('\n');
}

const indent = (line: string): string => `    ${line}`;

function checkBlock(a: Answers): readonly string[] {
  if (a.check === undefined) return [];
  const gap = a.priorities[0] - a.priorities[1];
  const weight = gap + 10;
  return [
    '# Is the service alive? Exit 0 is yes. Two failures in a row count as down, two successes as up again.',
    `vrrp_script ${a.check.name} {`,
    `    script "${a.check.command}"`,
    '    interval 2',
    '    timeout 2',
    '    fall 2',
    '    rise 2',
    ...(a.preempt
      ? [
          `    # Taken off the priority while it fails. Larger than the gap between the nodes (${gap}), or nothing would move.`,
          `    weight -${weight}`,
        ]
      : ['    # No weight: a failure is a FAULT. With nopreempt a lower priority would move nothing.']),
    '}',
    '',
  ];
}

function unicast(a: Answers, own: Lines, mark: string): readonly string[] {
  if (!a.unicast) return [];
  return [
    '    # Adverts go to the other node alone: for networks that carry no multicast.',
    ...own((n) => `unicast_src_ip ${n.address}${mark}`).map(indent),
    '    unicast_peer {',
    ...own((_n, other) => `${other.address}${mark}`).map((l) => indent(indent(l))),
    '    }',
  ];
}

/** RFC 9568 5.2.9: the first address of an IPv6 router is link-local. */
function linkLocal(a: Answers): readonly string[] {
  const [first] = a.vips;
  if (first.family === 4 || /^fe[89ab]/i.test(first.address)) return [];
  return [
    '        # The first address of an IPv6 instance must be link-local.',
    `        fe80::${a.vrid.toString(16)}/64`,
  ];
}
