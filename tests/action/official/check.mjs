// What GitHub's own parser and expression engine find wrong with actions and workflows, as JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

const problems = [];
for (const path of process.argv.slice(2)) {
  const document = TextDocument.create(pathToFileURL(path).href, "yaml", 1, readFileSync(path, "utf-8"));
  for (const found of await validate(document, {})) {
    problems.push(`${path}:${found.range.start.line + 1}: ${found.message}`);
  }
}
process.stdout.write(JSON.stringify(problems));
