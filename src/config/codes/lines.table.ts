// biome-ignore-all format: one row is one line
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: definitions are written so

export const LINES_CODES = {
  // Lines of a file
  KA0101: { severity: 'error', class: 'general-error', title: "line longer than keepalived's buffer", text: 'A line may hold 1022 bytes. keepalived drops a longer one, cut at its buffer, and reads the rest as a line of its own, which then is an unknown keyword or worse. Spread the values over several lines, or use a definition.' },
  KA0102: { severity: 'error', class: 'general-error', title: 'NUL byte in a line', text: 'The line holds a NUL byte, so the file is not plain text: UTF-16, or damaged. keepalived drops the line. Save the file as UTF-8.' },
  KA0103: { severity: 'error', class: 'unmatched-quote', title: 'quote without partner', text: 'A double quote is opened and not closed on its line. The word that begins with the quote is lost, and so is the setting or a part of it. Close the quote on the same line; values never continue on the next one.', example: 'global_defs {\n    router_id "lb1\n}\n' },
  // Definitions and expansion
  KA0202: { severity: 'error', class: 'general-error', title: 'built-in definition with bad parameters', text: 'A built-in definition such as ${_ENV NAME} or ${_RANDOM 1 10} was given the wrong parameters. The text stays as it is written, which is hardly a value that the keyword can use. keepalived crashes on some of these; vipd does not.', example: 'global_defs {\n    router_id ${_ENV}\n}\n' },
  KA0203: { severity: 'error', class: 'general-error', title: 'expansion exceeds the line buffer', text: "Replacing a definition would make the line longer than 1022 bytes, mostly because the definition refers to itself. keepalived stops in the middle or never returns. Write the value without the definition's own name.", example: '$NAME=${NAME}\nglobal_defs {\n    router_id $NAME\n}\n' },
  KA0204: { severity: 'error', class: 'general-error', title: 'expansion without end', text: 'Loops, definitions and includes produce more lines than any configuration needs, or are nested without end. vipd stops reading there; keepalived goes on until memory is gone. Look for a ~SEQ with a bound that is too large, or a definition that uses itself.' },
  KA0205: { severity: 'error', class: 'general-error', title: 'bad ~SEQ or ~LST', text: 'The specification of ~SEQ or ~LST cannot be understood, and the line is dropped. The order of ~SEQ is variable, start, step, end.', example: '~SEQ(I, 1, 2, 3, 4) include /etc/keepalived/$I.conf\n' },
} as const;
