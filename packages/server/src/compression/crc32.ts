/**
 * The arithmetic of CRC-32 (RFC 1952 §8) beyond a single text: the checksum of `a` and `b` put together, from those of
 * `a` and `b` alone. What many streams are written is summed once; each stream then joins it to its own sum, in time
 * that does not depend on the length.
 *
 * A checksum is a polynomial over GF(2), the highest bit its lowest coefficient. Behind `n` bytes, what was before them counts
 * x^8n times, modulo the polynomial of CRC-32.
 */
const POLYNOMIAL = 0xedb88320
const ONE = 1 << 31

/** `a · b` modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let left = a; left !== 0; left <<= 1) {
    if (left < 0) product ^= factor
    factor = (factor >>> 1) ^ (factor & 1 ? POLYNOMIAL : 0)
  }
  return product
}

/** x^(2^k) for k from 0 to 31, where they begin to repeat. */
const POWERS: readonly number[] = powers()

function powers(): number[] {
  const list = [1 << 30]
  while (list.length < 32) {
    const last = list.at(-1) as number
    list.push(multiply(last, last))
  }
  return list
}

/** What the checksum of a text is multiplied by when `bytes` bytes come behind it: to be found once for all who get them. */
export function shiftBehind(bytes: number): number {
  let shift = ONE
  // x^8n: the bits of n stand for x^8, x^16, x^32 …
  for (let [left, k] = [bytes, 3]; left > 0; left = Math.floor(left / 2), k++) {
    if (left % 2 === 1) shift = multiply(POWERS[k % 32] as number, shift)
  }
  return shift
}

/** The checksum of two texts put together; `shift` is that of the length of the second. As all checksums here, a signed integer. */
export function joinCrc32(first: number, second: number, shift: number): number {
  return multiply(shift, first) ^ second
}
