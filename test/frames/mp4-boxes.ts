/**
 * Alterations of .mp4 files, made on their boxes (ISO/IEC 14496-12).
 */

/** The boxes of a file's top level: their type and where they lie, in bytes. */
export function topBoxes(file: Buffer): { type: string; start: number; end: number }[] {
  const boxes = [];
  for (let start = 0; start < file.length; ) {
    const end = start + file.readUInt32BE(start);
    boxes.push({ type: file.toString("latin1", start + 4, start + 8), start, end });
    start = end;
  }
  return boxes;
}

/** Puts the header before the pictures, as files made for streaming have it. */
export function withHeaderFirst(file: Buffer): Buffer {
  const boxes = topBoxes(file);
  const cut = (type: string): Buffer => {
    const { start, end } = boxes.find((box) => box.type === type)!;
    return Buffer.from(file.subarray(start, end));
  };
  const header = cut("moov");
  // The chunks move back by the header's length.
  const table = header.indexOf("stco") + 4;
  const chunks = header.readUInt32BE(table + 4);
  for (let at = table + 8; at < table + 8 + 4 * chunks; at += 4) {
    header.writeUInt32BE(header.readUInt32BE(at) + header.length, at);
  }
  const before = file.subarray(0, boxes.find(({ type }) => type === "mdat")!.start);
  return Buffer.concat([before, header, cut("mdat")]);
}

/** Says that the picture is to be turned clockwise before it is shown, as phones do. */
export function withRotation(file: Buffer, degrees: 90 | 180 | 270): Buffer {
  const turned = Buffer.from(file);
  // From a version 0 track header's type to its matrix: a b u, c d v, x y w, of which u v w are 2.30 numbers.
  const matrix = turned.indexOf("tkhd") + 44;
  const [a, b, c, d] = { 90: [0, 1, -1, 0], 180: [-1, 0, 0, -1], 270: [0, -1, 1, 0] }[degrees];
  [a, b, 0, c, d].forEach((value, i) => {
    turned.writeInt32BE(value! * 0x10000, matrix + 4 * i);
  });
  return turned;
}

/** Cuts off the beginning by an edit list, as trimming without encoding anew does: all frames stay in the file. */
export function withStartCut(file: Buffer, seconds: number): Buffer {
  const trimmed = Buffer.from(file);
  const timescale = trimmed.readUInt32BE(trimmed.indexOf("mdhd") + 16);
  const movieTimescale = trimmed.readUInt32BE(trimmed.indexOf("mvhd") + 16);
  // Of the only edit: how long it is shown, and where in the track it begins.
  const edit = trimmed.indexOf("elst") + 12;
  trimmed.writeUInt32BE(trimmed.readUInt32BE(edit) - seconds * movieTimescale, edit);
  trimmed.writeInt32BE(trimmed.readInt32BE(edit + 4) + seconds * timescale, edit + 4);
  return trimmed;
}

/** Multiplies the durations that the headers of the film, its track and its pictures tell. */
export function withDurations(file: Buffer, factor: number): Buffer {
  const altered = Buffer.from(file);
  // From a version 0 header's type to its duration.
  for (const [type, offset] of [
    ["mvhd", 20],
    ["tkhd", 24],
    ["mdhd", 20],
  ] as const) {
    const at = altered.indexOf(type) + offset;
    altered.writeUInt32BE(Math.round(altered.readUInt32BE(at) * factor), at);
  }
  return altered;
}
