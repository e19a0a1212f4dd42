import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import os from 'node:os'

/** What the numbers depend on, without anything that identifies the machine. */
export function describeMachine(): string {
  const cpus = os.cpus()
  const model = cpus[0]?.model.trim() ?? 'unknown CPU'
  return `Node ${process.versions.node} (V8 ${process.versions.v8}), ${process.platform} ${process.arch}, ${model}, ${cpus.length} cores`
}

/** `name version` of packages that this workspace depends on. */
export function describePackages(names: readonly string[]): string {
  return names.map((name) => `${name} ${versionOf(name)}`).join(', ')
}

function versionOf(name: string): string {
  // Not an import of `<name>/package.json`: not every package exports it.
  const path = findPackageJSON(name, import.meta.url)
  if (path === undefined) throw new Error(`${name} is not installed: run pnpm install.`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
