import { aviFile, blackPng } from "../frames/avi-file.js";

/** A video of 31 kB whose frames take a tenth of a second each: time to do something to who decodes it. */
export function slowVideo(seed: number): Buffer {
  const [width, height] = [8000, 8000];
  picture ??= blackPng(width, height);
  const frames = Array<Buffer>(4).fill(picture);
  // What is behind its end only makes it another file.
  return Buffer.concat([aviFile({ width, height, codec: "MPNG", frames }), Buffer.from([seed, 0])]);
}

let picture: Buffer | undefined;
