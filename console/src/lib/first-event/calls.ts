/**
 * The call that sends a first event, in a few languages, ready to be pasted. All of them send the same one:
 * an agent changed a guardrail for the person who reads this.
 *
 * It must hold that what is pasted does this and nothing else, whatever the names in it are.
 */

/** Stands where a key has to be put in, if the page has none. */
export const KEY_PLACEHOLDER = 'YOUR_INGEST_KEY';

export interface FirstCall {
  /** Where the server is, such as `https://audit.example.com`. */
  origin: string;
  key?: string | undefined;
  person: { id: string; name: string };
}

export type CallLanguage = 'curl' | 'python' | 'javascript' | 'go';

export const CALL_LANGUAGES: readonly { id: CallLanguage; label: string }[] = [
  { id: 'curl', label: 'curl' },
  { id: 'python', label: 'Python' },
  { id: 'javascript', label: 'JavaScript' },
  { id: 'go', label: 'Go' },
];

/** Names are cut before they make a call hard to read, in characters. */
const MAX_NAME_CHARS = 60;

const quoted = (text: string) => JSON.stringify(Array.from(text).slice(0, MAX_NAME_CHARS).join(''));

/** The lines of the event, as JSON that is also a literal of Python and JavaScript. */
function eventLines({ person }: FirstCall): string[] {
  return [
    '{',
    '  "action": "guardrail.updated",',
    '  "actor": {"type": "agent", "id": "agt_1", "name": "Release agent"},',
    `  "on_behalf_of": [{"type": "user", "id": ${quoted(person.id)}, "name": ${quoted(person.name)}}],`,
    '  "targets": [{"type": "guardrail", "id": "grd_1", "name": "PII filter"}],',
    '  "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}]',
    '}',
  ];
}

const indented = (lines: readonly string[], by: string) =>
  lines.map((line, at) => (at === 0 ? line : by + line)).join('\n');

/** Within the quotes of a shell: only a quote has to be written otherwise. */
const inShell = (text: string) => text.replaceAll("'", String.raw`'\''`);
/** Within the backquotes of Go, where nothing can be escaped: JSON has another way to write one. */
const inGo = (text: string) => text.replaceAll('`', String.raw`\u0060`);

function curl(call: FirstCall, key: string): string {
  return `curl -sS ${call.origin}/v1/events \\
  -H 'authorization: Bearer ${key}' \\
  -H 'content-type: application/json' \\
  -d '${inShell(indented(eventLines(call), '      '))}'`;
}

function python(call: FirstCall, key: string): string {
  return `import json, urllib.request

event = ${eventLines(call).join('\n')}
request = urllib.request.Request(
    "${call.origin}/v1/events",
    data=json.dumps(event).encode(),
    headers={
        "authorization": "Bearer ${key}",
        "content-type": "application/json",
    },
)
print(urllib.request.urlopen(request).read().decode())`;
}

function javascript(call: FirstCall, key: string): string {
  return `const answer = await fetch("${call.origin}/v1/events", {
  method: "POST",
  headers: {
    "authorization": "Bearer ${key}",
    "content-type": "application/json",
  },
  body: JSON.stringify(${indented(eventLines(call), '  ')}),
});
console.log(await answer.json());`;
}

function go(call: FirstCall, key: string): string {
  return `package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

func main() {
	event := \`${inGo(indented(eventLines(call), '\t'))}\`
	request, err := http.NewRequest("POST", "${call.origin}/v1/events", strings.NewReader(event))
	if err != nil {
		panic(err)
	}
	request.Header.Set("authorization", "Bearer ${key}")
	request.Header.Set("content-type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.Status, string(body))
}`;
}

const WRITERS: Record<CallLanguage, (call: FirstCall, key: string) => string> = {
  curl,
  python,
  javascript,
  go,
};

export function firstCall(language: CallLanguage, call: FirstCall): string {
  return WRITERS[language](call, call.key ?? KEY_PLACEHOLDER);
}
