import { describe } from "vitest";
import { createFfmpegDecoder } from "../../src/frames/ffmpeg-decoder.js";
import { createLibavDecoder } from "../../src/frames/libav-decoder.js";
import { testDecoder } from "./decoder-conformance.js";
import { ffmpegIsThere } from "./ffmpeg-program.js";
import { sharedDirectory } from "./shared-directory.js";

testDecoder(createLibavDecoder(), sharedDirectory());

const isThere = ffmpegIsThere("the decoder that runs the ffmpeg program");
describe.skipIf(!isThere)("with the program", () => {
  testDecoder(createFfmpegDecoder(), sharedDirectory());
});
