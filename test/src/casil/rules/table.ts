import { RE2JS } from 're2js'
import { type DocumentedRule, secretRules } from '../../../../src/casil/rules/index.ts'

const compiled = secretRules.map(rule => ({ rule, pattern: RE2JS.compile(rule.source) }))

function fires(rule: DocumentedRule, pattern: RE2JS, text: string): boolean {
  const matcher = pattern.matcher(text)
  while (matcher.find()) if (rule.check?.(matcher.group() ?? '') ?? true) return true
  return false
}

/** The names of the rules that find a secret in `text`, in the order of the table. */
export function firingRules(text: string): string[] {
  return compiled.filter(({ rule, pattern }) => fires(rule, pattern, text)).map(({ rule }) => rule.name)
}

/** The rule of that name; throws if the table has none. */
export function ruleNamed(name: string): DocumentedRule {
  const rule = secretRules.find(candidate => candidate.name === name)
  if (rule === undefined) throw new Error(`no rule ${name}`)
  return rule
}
