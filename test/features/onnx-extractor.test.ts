import { join } from "node:path";
import { openContentStore } from "../../src/core/content-store.js";
import { sharedDirectory } from "../frames/shared-directory.js";
import { testExtractor } from "./extractor-conformance.js";

testExtractor("onnx", openContentStore(join(sharedDirectory(), "cache")));
