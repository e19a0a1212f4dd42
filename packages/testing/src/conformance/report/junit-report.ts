import type { CaseResult } from './case-result.ts'
import type { Countable } from './json-report.ts'

/** JUnit XML, as CI systems read it. There are no levels in it: what is not a `must` and fails is told as output. */
export function junitReport(report: Countable): string {
  const { subject, results } = report
  const failures = report.count('failed', 'must')
  const skipped = report.count('skipped')
  const totals = `tests="${results.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds(
    results.reduce((sum, { durationMs }) => sum + durationMs, 0),
  )}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="event stream conformance" ${totals}>`,
    `  <testsuite name="${escaped(subject)}" ${totals}>`,
    ...results.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(result: CaseResult): string {
  const { name, section, level, title, durationMs } = result
  const head = `    <testcase classname="${escaped(`${level}.${section}`)}" name="${escaped(`${name}: ${title}`)}" time="${seconds(durationMs)}"`
  const body = bodyOf(result)
  return body === '' ? `${head}/>` : `${head}>${body}</testcase>`
}

function bodyOf({ outcome, level, advice, found = '', reason = '' }: CaseResult): string {
  if (outcome === 'passed') return ''
  if (outcome === 'skipped') return `<skipped message="${escaped(reason)}"/>`
  const text = `${escaped(found)}\n${escaped(advice)}`
  if (outcome === 'failed' && level === 'must')
    return `<failure type="must" message="${escaped(found)}">${text}</failure>`
  const why = outcome === 'deviates' ? `deviates, because ${escaped(reason)}` : `not kept (${level})`
  return `<system-out>${why}: ${text}</system-out>`
}

function seconds(ms: number): string {
  return (ms / 1e3).toFixed(3)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\r': '&#13;',
  '\t': '&#9;',
}

/** What XML 1.0 has no way to write, not even escaped: most control characters, lone surrogates, U+FFFE and U+FFFF. */
const UNWRITABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about.
  /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

function escaped(text: string): string {
  return text
    .replace(UNWRITABLE, '\ufffd')
    .replace(/[&<>"\n\r\t]/g, (character) => ESCAPES[character] as string)
}
