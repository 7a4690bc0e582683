/** The code blocks of a page of documentation. */
export interface CodeBlock {
  readonly language: string;
  readonly text: string;
}

export const codeBlocks = (page: string, languages: readonly string[]): CodeBlock[] =>
  [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .map(([, language, text]) => ({ language, text }))
    .filter(({ language }) => languages.includes(language));
