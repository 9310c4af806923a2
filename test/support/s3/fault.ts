/** An answer of S3 that says no. */
export class S3Fault extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Writes a text so that XML takes it. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.codePointAt(0))};`);
}

/** Writes one element. */
export function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** Writes a document of S3. */
export function xmlDocument(name: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;
}
