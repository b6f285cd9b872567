import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const index = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const config = ts.getParsedCommandLineOfConfigFile(
  fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
  {},
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
);
const program = ts.createProgram([index], config!.options);
const checker = program.getTypeChecker();
const module = checker.getSymbolAtLocation(program.getSourceFile(index)!)!;
const symbols = checker
  .getExportsOfModule(module)
  .map((symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  );

function isDocumented(symbol: ts.Symbol): boolean {
  return symbol.getDocumentationComment(checker).length > 0;
}

test("every public name has a docstring", () => {
  expect(symbols.length).toBeGreaterThan(30);
  const bare = symbols.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name);
  expect(bare).toEqual([]);
});

test("the names that users are told of are there", () => {
  const names = symbols.map(({ name }) => name);
  for (const name of [
    "probeVideo",
    "sampleFrames",
    "openFeatureExtractor",
    "openDataset",
    "train",
    "openModel",
    "evaluate",
    "label",
    "createNetwork",
    "MuybridgeError",
  ]) {
    expect(names).toContain(name);
  }
  expect(names).not.toContain("default");
});
