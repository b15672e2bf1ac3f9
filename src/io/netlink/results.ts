/** The kernel's answers as AddressResult: which refusals mean that all is as asked already. */
import type { AddressResult } from '../../ports/netlink.ts';
import type { Answer } from './request-socket.ts';

/** ENODEV and ENXIO: with the interface, or with its IPv6, the address is gone too. */
const ABSENT: readonly string[] = ['EADDRNOTAVAIL', 'ENODEV', 'ENXIO'];
const PRESENT: readonly string[] = ['EEXIST'];

function resultOf(answer: Answer, already: readonly string[]): AddressResult {
  if (answer.code === '') return { ok: true, already: false };
  if (already.includes(answer.code)) return { ok: true, already: true, code: answer.code };
  return { ok: false, already: false, code: answer.code, text: answer.text };
}

export const addResult = (answer: Answer): AddressResult => resultOf(answer, PRESENT);
export const deleteResult = (answer: Answer): AddressResult => resultOf(answer, ABSENT);
