/** The fields of a line of ffprobe's compact output, by name; what is not available is not in it. */
export type Fields = ReadonlyMap<string, string>;

/** Takes a line of ffprobe's compact output apart: `section|name=value|name=value…`. */
export function readFfprobeLine(line: string): { section: string; fields: Fields } {
  const [section = "", ...parts] = line.split("|");
  const fields = new Map<string, string>();
  for (const part of parts) {
    const at = part.indexOf("=");
    const value = part.slice(at + 1);
    if (at > 0 && value !== "N/A") fields.set(part.slice(0, at), value);
  }
  return { section, fields };
}

/** A field as a number; NaN where it is not available. */
export function numberOf(fields: Fields, name: string): number {
  const text = fields.get(name);
  return text === undefined ? Number.NaN : Number(text);
}

/** A text such as 30000/1001 or 4:3; zeros where it is none. */
export function rationalOf(text = ""): { num: number; den: number } {
  const [num = 0, den = 0] = text.split(/[/:]/).map(Number);
  return { num: num || 0, den: den || 0 };
}

/** The same as one number, 1 where it is none. */
export function ratioOf(text: string | undefined): number {
  const { num, den } = rationalOf(text);
  return num > 0 && den > 0 ? num / den : 1;
}
