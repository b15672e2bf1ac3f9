/** The answers together: each read by its reader, what was left out filled in, and what does not fit the rest named. */
import { parseIp } from '../base/ip.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  type Answers,
  readAdvertInt,
  readCheck,
  readInstance,
  readInterface,
  readNodes,
  readNotify,
  readPriorities,
  readVersion,
  readVips,
  readVrid,
} from './answers.ts';

/** As given: undefined where nothing was. */
export type RawAnswers = {
  readonly interface?: string;
  readonly vips?: readonly string[];
  readonly nodes?: readonly string[];
  readonly vrid?: string;
  readonly version?: string;
  readonly priorities?: string;
  readonly unicast?: boolean;
  readonly check?: string;
  readonly instance?: string;
  readonly notify?: string;
  readonly preempt?: boolean;
  readonly advertInt?: string;
  readonly oneFile?: boolean;
};

/** What was asked for by which flag, and what is wrong with it. */
export type Problem = { readonly flag: string; readonly text: string };

/** Every problem, not only the first. */
export function settle(raw: RawAnswers): Result<Answers, readonly Problem[]> {
  const problems: Problem[] = [];
  const take = <T>(flag: string, read: Result<T, string>, otherwise: T): T => {
    if (read.ok) return read.value;
    problems.push({ flag, text: read.error });
    return otherwise;
  };
  const version = take('--version', readVersion(raw.version ?? '3'), 3 as const);
  const answers: Answers = {
    interface:
      raw.interface === undefined
        ? take('--interface', err('which interface carries the addresses? Such as eth0'), '')
        : take('--interface', readInterface(raw.interface), ''),
    vips: take('--vip', readVips(raw.vips ?? []), [{ address: '', prefix: 0, family: 4 }]),
    nodes: take('--node', readNodes(raw.nodes ?? []), [
      { name: '', address: undefined },
      { name: '', address: undefined },
    ]),
    priorities: take('--priority', readPriorities(raw.priorities ?? '110,100'), [110, 100] as const),
    vrid: take('--vrid', readVrid(raw.vrid ?? '51'), 51),
    version,
    unicast: raw.unicast ?? false,
    check: raw.check === undefined ? undefined : take('--check', readCheck(raw.check), undefined),
    instance: take('--instance', readInstance(raw.instance ?? 'VI_1'), 'VI_1'),
    notify: raw.notify === undefined ? undefined : take('--notify', readNotify(raw.notify), undefined),
    preempt: raw.preempt ?? true,
    advertInt: take('--advert-int', readAdvertInt(raw.advertInt ?? '1', version), '1'),
    oneFile: raw.oneFile ?? false,
  };
  if (problems.length === 0) problems.push(...together(answers));
  return problems.length > 0 ? err(problems) : ok(answers);
}

/** What two answers say about each other. */
export function together(a: Answers): readonly Problem[] {
  const out: Problem[] = [];
  const family = a.vips[0].family;
  if (family === 6 && a.version === 2)
    out.push({ flag: '--version', text: 'VRRP version 2 has no IPv6; take version 3' });
  for (const node of a.nodes) {
    if (a.unicast && node.address === undefined)
      out.push({
        flag: '--node',
        text: `unicast needs the address of ${node.name}; write ${node.name}=ADDRESS`,
      });
    if (node.address === undefined) continue;
    if (a.vips.some((v) => v.address === node.address))
      out.push({
        flag: '--node',
        text: `${node.address} is both ${node.name}'s own and virtual; give ${node.name} its own address`,
      });
    if (a.unicast && (parseIp(node.address)?.length === 4 ? 4 : 6) !== family)
      out.push({
        flag: '--node',
        text: `the adverts go between addresses of the VIPs' family; give ${node.name} an IPv${family} address`,
      });
  }
  return out;
}
