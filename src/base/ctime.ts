/** Times as C programs print them, from a Date that the caller made: this folder has no clock and no time zone of its own. */

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** ctime(3) without its line end, local time: 'Mon Nov 23 07:02:09 2026'. */
export function ctime(d: Date): string {
  return `${DAYS[d.getDay()]} ${syslogTime(d)} ${d.getFullYear()}`;
}

/** RFC 3164 section 4.1.2, local time: 'Nov 23 07:02:09', the day padded with a space. */
export function syslogTime(d: Date): string {
  const day = String(d.getDate()).padStart(2, ' ');
  return `${MONTHS[d.getMonth()]} ${day} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}
