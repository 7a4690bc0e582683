/** IR that cannot be: from the parser with the line of the text, from the verifier with the number of the op. */
export class IrError extends Error {
  override readonly name = 'IrError';

  constructor(
    message: string,
    readonly where: { readonly line?: number; readonly op?: number } = {},
  ) {
    const place = where.line !== undefined ? `line ${where.line}: ` : where.op !== undefined ? `op ${where.op}: ` : '';
    super(place + message);
  }
}
