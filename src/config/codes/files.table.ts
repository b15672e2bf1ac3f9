// biome-ignore-all format: one row is one line

export const FILES_CODES = {
  // Includes and files
  KA0301: { severity: 'warning', class: 'none', title: 'include matches nothing' },
  KA0302: { severity: 'warning', class: 'none', title: 'included file cannot be read' },
  KA0303: { severity: 'error', class: 'general-error', title: 'includes nested too deep' },
  KA0304: { severity: 'error', class: 'general-error', title: 'unknown word after include_check' },
  KA0305: { severity: 'error', class: 'none', title: 'main file cannot be read' },
  KA0306: { severity: 'warning', class: 'multiple-files', title: 'main pattern matches several files' },
} as const;
