/** The field that stands for an object's prototype in some programs, and is passed over by others. */
const prototypeField = "__proto__";

/**
 * Parses JSON in which no object has two fields of one name. JSON.parse takes the last of them and other readers the
 * first, so that a file would say one thing to one program and another to the next. Nor may a field be called
 * `__proto__`.
 *
 * @param anyName whether a field may be called `__proto__` all the same
 * @throws SyntaxError where it is no JSON, or naming the field
 */
export function parseStrictJson(text: string, anyName = false): unknown {
  const value: unknown = JSON.parse(text);
  checkFields(text, anyName);
  return value;
}

/** Looks at the fields of a text that is known to be JSON. */
function checkFields(json: string, anyName: boolean): void {
  /** Names of the fields of the objects that are open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  /** Whether a text at this place would be a field's name. */
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case "{":
        open.push(new Set());
        isName = true;
        break;
      case "[":
        open.push(undefined);
        isName = false;
        break;
      case "}":
      case "]":
        open.pop();
        isName = false;
        break;
      case ",":
        isName = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfText(json, at);
        if (isName) {
          const name = JSON.parse(json.slice(at, end + 1)) as string;
          const names = open.at(-1)!;
          if (names.has(name)) throw wrongField(name, "there twice");
          if (name === prototypeField && !anyName) throw wrongField(name, "of no format");
          names.add(name);
        }
        isName = false;
        at = end;
        break;
      }
    }
  }
}

function wrongField(name: string, what: string): SyntaxError {
  return new SyntaxError(`the field ${JSON.stringify(name.slice(0, 200))} is ${what}`);
}

/** Where a text that begins here ends: at the next quotation mark before which there is an even number of \. */
function endOfText(json: string, start: number): number {
  let end = start;
  let backslashes: number;
  do {
    end = json.indexOf('"', end + 1);
    backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes += 1;
  } while (backslashes % 2 === 1);
  return end;
}
