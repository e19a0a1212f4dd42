import { describe, expect, it } from 'vitest'
import type { CaseResult } from './case-result.ts'
import { ConformanceReport } from './conformance-report.ts'

function result(name: string, more: Partial<CaseResult>): CaseResult {
  return {
    name,
    section: '§9.2.6',
    level: 'must',
    title: `${name} holds`,
    advice: `Mend ${name}.`,
    outcome: 'passed',
    durationMs: 1_500,
    ...more,
  }
}

const REPORT = new ConformanceReport('http://a/?b&c="<', [
  result('good', {}),
  result('bad', { outcome: 'failed', found: 'a <b> & "c"\n\0\ud800' }),
  result('weak', { outcome: 'failed', level: 'should', found: 'x' }),
  result('known', { outcome: 'deviates', found: 'y', reason: 'it is so' }),
  result('unseen', { outcome: 'skipped', level: 'good-practice', reason: 'no event came' }),
])

describe('a conformance report', () => {
  it('fails a run for the level that is asked for, and for stricter ones', () => {
    const weak = new ConformanceReport('x', [
      result('weak', { outcome: 'failed', level: 'should', found: 'x' }),
    ])
    expect([REPORT.passed, REPORT.exitCode(), weak.passed, weak.exitCode()]).toEqual([false, 1, true, 0])
    expect([weak.exitCode('should'), weak.exitCode('good-practice')]).toEqual([1, 1])
    const none = new ConformanceReport('x', [
      result('known', { outcome: 'deviates' }),
      result('u', { outcome: 'skipped' }),
    ])
    expect(none.exitCode('good-practice')).toBe(0)
  })

  it('tells people what failed first, with what was found and what to do', () => {
    expect(REPORT.text().split('\n')).toEqual([
      'http://a/?b&c="<',
      '',
      'MUST',
      '  ✗ bad holds §9.2.6 bad',
      '      found: a <b> & "c"\ufffd\ufffd\ufffd',
      '      to do: Mend bad.',
      '  ~ known holds §9.2.6 known',
      '      known: it is so',
      '  ✓ good holds §9.2.6 good',
      '',
      'SHOULD',
      '  ✗ weak holds §9.2.6 weak',
      '      found: x',
      '      to do: Mend weak.',
      '',
      'Good practice',
      '  - unseen holds §9.2.6 unseen',
      '      skipped: no event came',
      '',
      'MUST: 1 passed, 1 failed, 1 deviates',
      'SHOULD: 1 failed',
      'Good practice: 1 skipped',
      '',
    ])
    expect(REPORT.text({ colors: true })).toContain('\x1b[31m✗\x1b[0m')
  })

  it('counts for programs', () => {
    const { subject, passed, counts, results } = JSON.parse(JSON.stringify(REPORT))
    expect([subject, passed, results.length]).toEqual(['http://a/?b&c="<', false, 5])
    expect(counts.must).toEqual({ passed: 1, failed: 1, deviates: 1, skipped: 0 })
    expect(counts['good-practice']).toEqual({ passed: 0, failed: 0, deviates: 0, skipped: 1 })
  })

  it('is JUnit XML in which only a must is a failure, with everything escaped that XML cannot have', () => {
    expect(REPORT.junit()).toBe(
      [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<testsuites name="event stream conformance" tests="5" failures="1" errors="0" skipped="1" time="7.500">',
        '  <testsuite name="http://a/?b&amp;c=&quot;&lt;" tests="5" failures="1" errors="0" skipped="1" time="7.500">',
        '    <testcase classname="must.§9.2.6" name="good: good holds" time="1.500"/>',
        '    <testcase classname="must.§9.2.6" name="bad: bad holds" time="1.500"><failure type="must" message="a &lt;b&gt; &amp; &quot;c&quot;&#10;\ufffd\ufffd">a &lt;b&gt; &amp; &quot;c&quot;&#10;\ufffd\ufffd\nMend bad.</failure></testcase>',
        '    <testcase classname="should.§9.2.6" name="weak: weak holds" time="1.500"><system-out>not kept (should): x\nMend weak.</system-out></testcase>',
        '    <testcase classname="must.§9.2.6" name="known: known holds" time="1.500"><system-out>deviates, because it is so: y\nMend known.</system-out></testcase>',
        '    <testcase classname="good-practice.§9.2.6" name="unseen: unseen holds" time="1.500"><skipped message="no event came"/></testcase>',
        '  </testsuite>',
        '</testsuites>',
        '',
      ].join('\n'),
    )
  })

  it('keeps the letters that XML can have', () => {
    const text = 'é€😀 \t'
    const { results } = new ConformanceReport('x', [result('a', { outcome: 'skipped', reason: text })])
    expect(new ConformanceReport('x', results).junit()).toContain('message="é€😀 &#9;"')
  })
})
