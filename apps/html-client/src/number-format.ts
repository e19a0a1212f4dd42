const NOTHING = '–'

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const oneDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** Three digits at most matter on a dashboard: 0.4, 12.3, 123. */
function formatNumber(value: number | null): string {
  if (value === null) return NOTHING
  return (Math.abs(value) < 99.95 ? oneDecimal : whole).format(value)
}

/** A number with its unit, or a dash alone where nothing was measured. */
export function formatWithUnit(value: number | null, unit: string): string {
  return value === null ? NOTHING : `${formatNumber(value)} ${unit}`
}

export function formatBytes(bytes: number | null): string {
  if (bytes === null) return NOTHING
  if (bytes < 1_000) return `${whole.format(bytes)} B`
  if (bytes < 1_000_000) return `${formatNumber(bytes / 1_000)} kB`
  if (bytes < 1_000_000_000) return `${formatNumber(bytes / 1_000_000)} MB`
  return `${formatNumber(bytes / 1_000_000_000)} GB`
}
