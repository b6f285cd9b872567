/** Kinds of pictures that frames are written as. */
export const frameFormats = ["jpg", "png"] as const;

/** A kind of pictures. */
export type FrameFormat = (typeof frameFormats)[number];

/** The name of a frame's file, counted from 1: 000001.jpg. */
export function frameFileName(number: number, format: FrameFormat): string {
  return `${String(number).padStart(6, "0")}.${format}`;
}

/** Whether a file's name is one that {@link frameFileName} gives. */
export function isFrameFileName(name: string): boolean {
  const [number = "", format = "", ...more] = name.split(".");
  return (
    /^\d{6,}$/.test(number) && frameFormats.some((known) => known === format) && more.length === 0
  );
}
