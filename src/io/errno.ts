/**
 * raw-socket throws an Error whose whole message is strerror's text. This turns the text back into the code that the
 * rest of the program compares, in the form of Node's own system errors.
 */
import { constants } from 'node:os';

/** strerror of glibc, and of musl where it differs. Node never calls setlocale, so the texts are always English. */
const CODE_OF_TEXT: Readonly<Record<string, string>> = {
  'Operation not permitted': 'EPERM',
  'Interrupted system call': 'EINTR',
  'Input/output error': 'EIO',
  'I/O error': 'EIO',
  'No such device or address': 'ENXIO',
  'Bad file descriptor': 'EBADF',
  'Resource temporarily unavailable': 'EAGAIN',
  'Cannot allocate memory': 'ENOMEM',
  'Out of memory': 'ENOMEM',
  'Permission denied': 'EACCES',
  'Bad address': 'EFAULT',
  'No such device': 'ENODEV',
  'Invalid argument': 'EINVAL',
  'Too many open files in system': 'ENFILE',
  'Too many open files': 'EMFILE',
  'No file descriptors available': 'EMFILE',
  'Socket operation on non-socket': 'ENOTSOCK',
  'Not a socket': 'ENOTSOCK',
  'Message too long': 'EMSGSIZE',
  'Message too large': 'EMSGSIZE',
  'Protocol not available': 'ENOPROTOOPT',
  'Protocol not supported': 'EPROTONOSUPPORT',
  'Socket type not supported': 'ESOCKTNOSUPPORT',
  'Operation not supported': 'ENOTSUP',
  'Not supported': 'ENOTSUP',
  'Address family not supported by protocol': 'EAFNOSUPPORT',
  'Address already in use': 'EADDRINUSE',
  'Address in use': 'EADDRINUSE',
  'Cannot assign requested address': 'EADDRNOTAVAIL',
  'Address not available': 'EADDRNOTAVAIL',
  'Network is down': 'ENETDOWN',
  'Network is unreachable': 'ENETUNREACH',
  'Network unreachable': 'ENETUNREACH',
  'Connection refused': 'ECONNREFUSED',
  'No buffer space available': 'ENOBUFS',
  'Host is down': 'EHOSTDOWN',
  'No route to host': 'EHOSTUNREACH',
  'Host is unreachable': 'EHOSTUNREACH',
};

export type SystemError = Error & {
  readonly code: string;
  readonly errno: number; // negative, as libuv's; 0 where the code has no number here
  readonly syscall: string;
};

/** 'UNKNOWN' (libuv's word) for a text that is in no table. */
export function codeOfText(text: string): string {
  return CODE_OF_TEXT[text] ?? 'UNKNOWN';
}

/** "ENODEV: No such device, setsockopt SO_BINDTODEVICE eth0", with `code`, `errno` and `syscall`. */
export function systemError(code: string, text: string, syscall: string, detail = ''): SystemError {
  const errno = -((constants.errno as Readonly<Record<string, number>>)[code] ?? 0);
  const where = detail === '' ? syscall : `${syscall} ${detail}`;
  return Object.assign(new Error(`${code}: ${text}, ${where}`), { code, errno, syscall });
}

/** An Error of raw-socket as a system error. Anything else is not raw-socket's and is thrown on as it is. */
export function fromRawSocket(thrown: unknown, syscall: string, detail = ''): SystemError {
  // Its argument checks throw TypeError: a mistake in this program, not an answer of the kernel.
  if (!(thrown instanceof Error) || thrown instanceof TypeError) throw thrown;
  return systemError(codeOfText(thrown.message), thrown.message, syscall, detail);
}

/** The code of what native/ or this folder throws; anything else is thrown on. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  if (code === undefined || !/^E[A-Z0-9]+$|^UNKNOWN$/.test(code)) throw thrown;
  return code;
}
