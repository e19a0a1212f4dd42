/**
 * What is done in one step on the server. A script runs alone, so nobody sees its middle.
 *
 * Beside the stream there is a hash with the epoch of its life and its last position. It is lost with the stream when the server loses its data;
 * whoever comes first then begins a new life.
 */
const LIFE = `
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[2], 'epoch', epoch)
end
local last = redis.call('HGET', KEYS[2], 'last') or '0-0'
`

/**
 * KEYS: stream, life, publisher, and perhaps a dedupe key. ARGV: an epoch for a new life, number and token of the publish, a position from before
 * its first try, maxLength, maxAgeMs, dedupeMs, payload. Returns epoch, position; or `unknown`.
 *
 * A client may send the same publish again after a connection broke, without asking. So each publisher numbers its events, and a number that
 * is not new is looked for before it is appended.
 */
export const PUBLISH: string = `${LIFE}
if KEYS[4] then
  local first = redis.call('GET', KEYS[4])
  if first then return {string.sub(first, 1, 8), string.sub(first, 10)} end
end
local number = tonumber(ARGV[2])
if number <= tonumber(redis.call('GET', KEYS[3]) or '0') then
  local from = ARGV[4]
  if from ~= '0-0' and from ~= last and #redis.call('XRANGE', KEYS[1], from, from) == 0 then return {'unknown'} end
  while true do
    local entries = redis.call('XRANGE', KEYS[1], '(' .. from, '+', 'COUNT', 1000)
    for _, entry in ipairs(entries) do
      if entry[2][6] == ARGV[3] then return {epoch, entry[1]} end
      from = entry[1]
    end
    if #entries < 1000 then break end
  end
else
  redis.call('SET', KEYS[3], ARGV[2], 'PX', 3600000)
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], '*', 'epoch', epoch, 'after', last, 'token', ARGV[3], 'event', ARGV[8])
if ARGV[6] ~= '0' then
  local oldest = string.format('%.0f', tonumber(string.match(id, '^%d+')) - tonumber(ARGV[6]))
  redis.call('XTRIM', KEYS[1], 'MINID', '~', oldest)
end
redis.call('HSET', KEYS[2], 'last', id)
if KEYS[4] then redis.call('SET', KEYS[4], epoch .. ' ' .. id, 'PX', ARGV[7]) end
return {epoch, id}
`

/** KEYS: stream, life. ARGV: an epoch for a new life, where to begin, how many. Returns epoch, last position, entries from there on. */
export const READ: string = `${LIFE}
return {epoch, last, redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])}
`

/** As `READ`, but the last entries, the newest first. */
export const READ_END: string = `${LIFE}
return {epoch, last, redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[3])}
`
