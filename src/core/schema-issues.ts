import type { z } from "zod";

/** Most issues that an error tells: a file may have as many as it has fields. */
const maxTold = 5;

/** Most characters that are told of one: the file decides how long its names are. */
const maxLength = 300;

/** What a schema finds wrong with a value. */
export interface SchemaIssues {
  /** Path of the first field that is wrong, its parts joined by dots; empty for the value itself. */
  readonly field: string;
  /** The first few, a line each: the path of the field, and what is wrong. */
  readonly text: string;
}

/** Puts what a schema finds wrong into words, as many of them as a reader can use. */
export function describeIssues({ issues }: z.ZodError): SchemaIssues {
  const lines = issues
    .slice(0, maxTold)
    .map((issue) => `  ${shortened(fieldOf(issue) || "the whole")}: ${shortened(issue.message)}`);
  if (issues.length > maxTold) lines.push(`  and ${issues.length - maxTold} more`);
  return { field: shortened(fieldOf(issues[0])), text: lines.join("\n") };
}

/** The field's path; of a field that should not be there, its own, not that of the object it is in. */
function fieldOf(issue: z.core.$ZodIssue | undefined): string {
  if (!issue) return "";
  const path = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0]!] : issue.path;
  return path.map(String).join(".");
}

function shortened(text: string): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
