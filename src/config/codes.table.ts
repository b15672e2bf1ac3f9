/**
 * The closed set of diagnostic codes: severity, keepalived's class, and a title that a page of explanations can use.
 * A code is never used for another rule; gaps are codes that were withdrawn or are kept for later.
 */
// biome-ignore-all format: one row is one line
import type { KeepalivedClass, Severity } from './diagnostic.ts';

type Row = { readonly severity: Severity; readonly class: KeepalivedClass; readonly title: string };

export type DiagnosticCode =
  | 'KA0101' | 'KA0102' | 'KA0103' | 'KA0202' | 'KA0203' | 'KA0204' | 'KA0205' | 'KA0301'
  | 'KA0302' | 'KA0303' | 'KA0304' | 'KA0305' | 'KA0306' | 'KA0401' | 'KA0402' | 'KA0403'
  | 'KA0404' | 'KA0405' | 'KA0408' | 'KA0409' | 'KA0410' | 'KA0411' | 'KA0501' | 'KA0502'
  | 'KA0503' | 'KA0504' | 'KA0505' | 'KA0506' | 'KA0507' | 'KA0508' | 'KA0509' | 'KA0510'
  | 'KA0511' | 'KA0512' | 'KA0513' | 'KA0551' | 'KA0552' | 'KA0553' | 'KA0554' | 'KA0555'
  | 'KA0557' | 'KA0556' | 'KA0601' | 'KA0602' | 'KA0603' | 'KA0604' | 'KA0605' | 'KA0606' | 'KA0607'
  | 'KA0608' | 'KA0609' | 'KA0610' | 'KA0611' | 'KA0612' | 'KA0613' | 'KA0614' | 'KA0615'
  | 'KA0621' | 'KA0622' | 'KA0623' | 'KA0624' | 'KA0625' | 'KA0626' | 'KA0627' | 'KA0628'
  | 'KA0630' | 'KA0631' | 'KA0632' | 'KA0633' | 'KA0640' | 'KA0641' | 'KA0642' | 'KA0643'
  | 'KA0645' | 'KA0646' | 'KA0647' | 'KA0648' | 'KA0649' | 'KA0650' | 'KA0651' | 'KA0652'
  | 'KA0653' | 'KA0654' | 'KA0660' | 'KA0661' | 'KA0701' | 'KA0702' | 'KA0703' | 'KA0704' | 'KA0705'
  | 'KA0706' | 'KA0801' | 'KA0802' | 'KA0803' | 'KA0804' | 'KA0805' | 'KA0806' | 'KA0807'
  | 'KA0901' | 'KA0902' | 'KA0903' | 'KA0904' | 'KA0905' | 'KA0906' | 'KA1001' | 'KA1002'
  | 'KA1003' | 'KA1004' | 'KA1101' | 'KA1102' | 'KA1103' | 'KA1104' | 'KA1105' | 'KA1106'
  | 'KA1107' | 'KA1108';

export const CODES: Readonly<Record<DiagnosticCode, Row>> = {
  // Lines of a file
  KA0101: { severity: 'error', class: 'general-error', title: "line longer than keepalived's buffer" },
  KA0102: { severity: 'error', class: 'general-error', title: 'NUL byte in a line' },
  KA0103: { severity: 'error', class: 'unmatched-quote', title: 'quote without partner' },
  // Definitions and expansion
  KA0202: { severity: 'error', class: 'general-error', title: 'built-in definition with bad parameters' },
  KA0203: { severity: 'error', class: 'general-error', title: 'expansion exceeds the line buffer' },
  KA0204: { severity: 'error', class: 'general-error', title: 'expansion without end' },
  KA0205: { severity: 'error', class: 'general-error', title: 'bad ~SEQ or ~LST' },
  // Includes and files
  KA0301: { severity: 'warning', class: 'none', title: 'include matches nothing' },
  KA0302: { severity: 'warning', class: 'none', title: 'included file cannot be read' },
  KA0303: { severity: 'error', class: 'general-error', title: 'includes nested too deep' },
  KA0304: { severity: 'error', class: 'general-error', title: 'unknown word after include_check' },
  KA0305: { severity: 'error', class: 'none', title: 'main file cannot be read' },
  KA0306: { severity: 'warning', class: 'multiple-files', title: 'main pattern matches several files' },
  // Structure
  KA0401: { severity: 'error', class: 'unknown-keyword', title: 'unknown keyword' },
  KA0402: { severity: 'error', class: 'unexpected-open', title: 'brace where none belongs' },
  KA0403: { severity: 'error', class: 'missing-open', title: 'block without opening brace' },
  KA0404: { severity: 'error', class: 'unexpected-close', title: 'closing brace too many' },
  KA0405: { severity: 'error', class: 'missing-close', title: 'closing brace missing' },
  KA0408: { severity: 'error', class: 'general-error', title: 'block without exactly one name' },
  KA0409: { severity: 'error', class: 'general-error', title: 'second block of one name' },
  KA0410: { severity: 'error', class: 'general-error', title: "words between a block's keyword and its brace" },
  KA0411: { severity: 'error', class: 'general-error', title: 'empty block' },
  // Arguments
  KA0501: { severity: 'error', class: 'exit-2', title: 'required argument missing' },
  KA0502: { severity: 'error', class: 'general-error', title: 'argument missing' },
  KA0503: { severity: 'error', class: 'invalid-number', title: 'not a number' },
  KA0504: { severity: 'error', class: 'invalid-number', title: 'number out of range' },
  KA0505: { severity: 'error', class: 'general-error', title: 'not a boolean' },
  KA0506: { severity: 'error', class: 'general-error', title: 'not one of the words allowed' },
  KA0507: { severity: 'hint', class: 'none', title: 'surplus words' },
  KA0508: { severity: 'hint', class: 'none', title: 'set twice, last wins' },
  KA0509: { severity: 'error', class: 'general-error', title: 'set twice, first wins' },
  KA0510: { severity: 'error', class: 'general-error', title: 'malformed address' },
  KA0511: { severity: 'warning', class: 'invalid-number', title: 'more decimals than are kept' },
  KA0512: { severity: 'error', class: 'general-error', title: 'malformed command line' },
  KA0513: { severity: 'warning', class: 'general-error', title: 'set twice, last wins with an error' },
  // global_defs
  KA0551: { severity: 'error', class: 'general-error', title: 'script_user does not exist' },
  KA0552: { severity: 'error', class: 'general-error', title: 'not a multicast group' },
  KA0553: { severity: 'warning', class: 'warning', title: 'IPv6 group beyond the link' },
  KA0554: { severity: 'warning', class: 'general-error', title: 'surplus words in notification_email_from' },
  KA0555: { severity: 'error', class: 'general-error', title: 'bad smtp_server' },
  KA0556: { severity: 'warning', class: 'deprecated', title: 'deprecated keyword' },
  KA0557: { severity: 'warning', class: 'general-error', title: 'process name cut to 15 bytes' },
  // vrrp_instance
  KA0601: { severity: 'error', class: 'general-error', title: 'interface does not exist' },
  KA0602: { severity: 'error', class: 'general-error', title: 'virtual_router_id missing' },
  KA0603: { severity: 'error', class: 'general-error', title: 'version set twice' },
  KA0604: { severity: 'error', class: 'general-error', title: 'version 2 with IPv6' },
  KA0605: { severity: 'error', class: 'general-error', title: 'MASTER, then BACKUP' },
  KA0606: { severity: 'warning', class: 'none', title: 'MASTER without priority is an owner' },
  KA0607: { severity: 'warning', class: 'general-error', title: 'state corrected by strict mode' },
  KA0608: { severity: 'warning', class: 'general-error', title: 'nopreempt cleared' },
  KA0609: { severity: 'warning', class: 'general-error', title: 'preempt_delay cleared' },
  KA0610: { severity: 'warning', class: 'general-error', title: 'advert_int rounded' },
  KA0611: { severity: 'warning', class: 'general-error', title: 'advert_int too long for version 3' },
  KA0612: { severity: 'warning', class: 'general-error', title: 'down_timer_adverts corrected by strict mode' },
  KA0613: { severity: 'warning', class: 'general-error', title: 'accept refused by strict mode' },
  KA0614: { severity: 'warning', class: 'general-error', title: 'advert answers corrected by strict mode' },
  KA0615: { severity: 'warning', class: 'general-error', title: 'owner_ignore_adverts corrected' },
  KA0621: { severity: 'error', class: 'general-error', title: 'source address of the other family' },
  KA0622: { severity: 'warning', class: 'general-error', title: 'unicast_ttl without peers' },
  KA0623: { severity: 'warning', class: 'deprecated', title: 'unicast words without peers' },
  KA0624: { severity: 'error', class: 'general-error', title: 'bad unicast peer' },
  KA0625: { severity: 'error', class: 'general-error', title: 'unicast peer given twice' },
  KA0626: { severity: 'warning', class: 'general-error', title: 'track_src_ip without source address' },
  KA0627: { severity: 'warning', class: 'none', title: 'own address among the unicast peers' },
  KA0628: { severity: 'error', class: 'general-error', title: 'unknown unicast_peer option' },
  KA0630: { severity: 'warning', class: 'general-error', title: 'auth_pass cut to 8 characters' },
  KA0631: { severity: 'warning', class: 'none', title: 'auth_pass without auth_type' },
  KA0632: { severity: 'warning', class: 'general-error', title: 'authentication dropped' },
  KA0633: { severity: 'warning', class: 'general-error', title: 'AH clears state MASTER' },
  KA0640: { severity: 'error', class: 'general-error', title: 'no interface' },
  KA0641: { severity: 'error', class: 'general-error', title: 'interface name too long' },
  KA0642: { severity: 'error', class: 'general-error', title: 'loopback interface' },
  KA0643: { severity: 'warning', class: 'none', title: 'interface without multicast' },
  KA0645: { severity: 'warning', class: 'general-error', title: 'address given twice' },
  KA0646: { severity: 'warning', class: 'general-error', title: 'more addresses than an advert holds' },
  KA0647: { severity: 'warning', class: 'general-error', title: 'no virtual address' },
  KA0648: { severity: 'error', class: 'general-error', title: 'no virtual address where one is required' },
  KA0649: { severity: 'error', class: 'general-error', title: 'unicast in strict mode' },
  KA0650: { severity: 'warning', class: 'none', title: 'skip_check_adv_addr off' },
  KA0651: { severity: 'warning', class: 'general-error', title: 'promote_secondaries with a VMAC' },
  KA0652: { severity: 'warning', class: 'general-error', title: 'mcast_dst_ip without effect' },
  KA0653: { severity: 'warning', class: 'general-error', title: 'GARP settings corrected by strict mode' },
  KA0654: { severity: 'warning', class: 'general-error', title: 'unicast with a VMAC sends from the base interface' },
  KA0660: { severity: 'error', class: 'general-error', title: 'VRID used twice' },
  KA0661: { severity: 'warning', class: 'none', title: 'address in two instances' },
  // Addresses
  KA0701: { severity: 'error', class: 'general-error', title: 'malformed address' },
  KA0702: { severity: 'error', class: 'general-error', title: 'bad prefix length' },
  KA0703: { severity: 'error', class: 'general-error', title: 'address of the other family' },
  KA0704: { severity: 'error', class: 'general-error', title: 'unknown address option' },
  KA0705: { severity: 'error', class: 'general-error', title: 'address option that drops the line' },
  KA0706: { severity: 'warning', class: 'general-error', title: 'address option that is ignored' },
  // Tracking
  KA0801: { severity: 'error', class: 'general-error', title: 'tracked script unknown' },
  KA0802: { severity: 'error', class: 'general-error', title: 'weight without value' },
  KA0803: { severity: 'error', class: 'general-error', title: 'unknown track option' },
  KA0804: { severity: 'error', class: 'general-error', title: 'weight out of range' },
  KA0805: { severity: 'error', class: 'general-error', title: 'tracked twice' },
  KA0806: { severity: 'warning', class: 'general-error', title: 'own interface tracked' },
  KA0807: { severity: 'warning', class: 'general-error', title: 'weight on an address owner' },
  // vrrp_sync_group
  KA0901: { severity: 'error', class: 'general-error', title: 'member does not exist' },
  KA0902: { severity: 'error', class: 'general-error', title: 'member of two groups' },
  KA0903: { severity: 'error', class: 'general-error', title: 'group without members' },
  KA0904: { severity: 'warning', class: 'general-error', title: 'group with one member' },
  KA0905: { severity: 'warning', class: 'deprecated', title: 'global_tracking' },
  KA0906: { severity: 'warning', class: 'general-error', title: 'weights of a group member' },
  // Scripts
  KA1001: { severity: 'error', class: 'general-error', title: 'vrrp_script without script' },
  KA1002: { severity: 'error', class: 'general-error', title: 'account of a script does not exist' },
  KA1003: { severity: 'warning', class: 'security', title: 'scripts without enable_script_security' },
  KA1004: { severity: 'error', class: 'general-error', title: 'tracked script not found' },
  // virtual_server
  KA1101: { severity: 'error', class: 'exit-2', title: 'target missing' },
  KA1102: { severity: 'error', class: 'general-error', title: 'bad virtual server target' },
  KA1103: { severity: 'error', class: 'general-error', title: 'bad real server address' },
  KA1104: { severity: 'warning', class: 'general-error', title: 'default filled in' },
  KA1105: { severity: 'error', class: 'general-error', title: 'virtual server without real servers' },
  KA1106: { severity: 'warning', class: 'general-error', title: 'ports of virtual and real server differ' },
  KA1107: { severity: 'warning', class: 'deprecated', title: 'deprecated checker keyword' },
  KA1108: { severity: 'error', class: 'general-error', title: 'bad forwarding method' },
};
