/** What works on lines before any keyword is looked at: includes, conditions, definitions, loops. */
// biome-ignore-all format: one row is one line
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is how they are written

export type DirectiveRow = {
  readonly keyword: string;
  readonly names?: readonly string[]; // other forms under which people look for it
  readonly args: string;
  readonly summary: string;
  readonly default?: string;
  readonly range?: string;
  readonly mistakes?: string;
  readonly note?: string;
};

export const DIRECTIVES: readonly DirectiveRow[] = [
  { keyword: 'include', args: 'include <GLOB>', summary: 'Reads the matching files in place of the line, in the order of their names. A problem with them is reported, and reading goes on.', range: 'the rest of the line is one pattern: wildcards and braces, no quotes', note: 'relative to the folder of the file with the line; a file with an execute bit is refused; without a blank behind the word it is an ordinary keyword' },
  { keyword: 'includer', args: 'includer <GLOB>', summary: 'As include; a file that cannot be read, a folder or an executable file stops the start.' },
  { keyword: 'includem', args: 'includem <GLOB>', summary: 'As includer; a plain name that does not exist stops the start, too.' },
  { keyword: 'includew', args: 'includew <GLOB>', summary: 'As includem; a pattern with wildcards that matches nothing stops the start, too.' },
  { keyword: 'includeb', args: 'includeb <GLOB>', summary: 'As includer; each alternative in braces has to exist.' },
  { keyword: 'includea', args: 'includea <GLOB>', summary: 'All of these checks together.' },
  { keyword: '@ID', names: ['@'], args: '@<ID> <LINE>', summary: 'Keeps the line only on the node whose config-id is ID. So one file can serve all nodes.', default: 'the config-id is that of -i, else the host name up to the first dot' },
  { keyword: '@^ID', names: ['@^'], args: '@^<ID> <LINE>', summary: 'Keeps the line on every node except the one whose config-id is ID.' },
  { keyword: '$NAME=', names: ['$', '$NAME'], args: '$<NAME>=<VALUE>', summary: 'Defines NAME from here on; a later definition replaces it. A backslash at the end of the line continues the value on the next line.', range: 'NAME is letters, digits and underscores and begins with no digit; no blank in front of =', mistakes: 'nothing behind = defines the empty text' },
  { keyword: '${NAME}', args: '${<NAME>} or $<NAME>', summary: 'Is replaced by the definition in force when the line is read.', default: 'an unknown name stays as it is written', range: 'without braces a blank, comma, closing parenthesis or the end of the line has to follow', note: 'a value of several lines may stand only at the end of a line' },
  { keyword: '${_PWD}', names: ['_PWD'], args: '${_PWD}', summary: 'The folder of the file that is being read.' },
  { keyword: '${_INSTANCE}', names: ['_INSTANCE'], args: '${_INSTANCE}', summary: 'The config-id (-i, else the host name), and not the name set by the keyword instance.' },
  { keyword: '${_RANDOM}', names: ['_RANDOM'], args: '${_RANDOM [<MIN> [<MAX>]]}', summary: 'A random whole number from MIN to MAX, both included.', default: '0 and 32767', range: 'digits only', mistakes: 'MIN above MAX gives MIN and an error', note: 'keepalived draws again in each of its processes, so they may see different numbers; vipd draws once' },
  { keyword: '${_ENV}', names: ['_ENV'], args: '${_ENV <VAR>}', summary: 'The value of an environment variable of the daemon.', default: 'nothing for a variable that is not set', range: 'letters, digits and underscores', mistakes: 'without a name keepalived crashes; vipd reports KA0202' },
  { keyword: '${_HASH}', names: ['_HASH'], args: '${_HASH}', summary: "The character '#', which would otherwise begin a remark; only useful inside double quotes." },
  { keyword: '${_BANG}', names: ['_BANG'], args: '${_BANG}', summary: "The character '!', which would otherwise begin a remark; only useful inside double quotes." },
  { keyword: '~SEQ', args: '~SEQ(<VAR>, [<START>, [<STEP>,]] <END>) <LINE>', summary: 'Repeats LINE with VAR set to each number of the sequence in turn.', default: 'START is 1, or -1 when END is negative; STEP is 1 or -1, towards END', range: 'whole numbers; 0x and 0 in front as in C', mistakes: 'the line is dropped with an error (KA0205)', note: 'the order is START, STEP, END' },
  { keyword: '~SEQx', args: '~SEQx(<VAR>, [<START>, [<STEP>,]] <END>) <LINE>', summary: 'As ~SEQ, and writes VAR in hexadecimal with small letters.', range: 'no negative numbers', mistakes: 'the line is dropped with an error (KA0205)' },
  { keyword: '~LST', args: '~LST(<VAR>|{<VAR>,…}, <VALUE>|{<VALUE>,…}, …) <LINE>', summary: 'Repeats LINE for each value of the list; with several variables each round sets all of them.', default: 'values that are missing are empty', range: 'no blanks and no quotes in values', mistakes: 'the line is dropped with an error (KA0205)' },
];
