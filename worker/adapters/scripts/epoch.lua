-- Look at the epoch, raise it, or say that it is ready: docs/store.md, "Epochs".
--
-- KEYS  1 epoch   2 our witness   3.. witnesses of others
-- ARGV  1 now (us; empty: Redis' clock)  2 look|raise|ready|alive  3 incarnation  4 builder's lease (ms)
--       5 witness' time to live (ms)  6 raise: last epoch known; ready: epoch; look: number of this write, if it has no witness
--       of this epoch yet  7 raise: the one after it  8 raise: quiet for (ms)
-- Answer: one text of fields parted by spaces: epoch ("0": none), ready, builder (we are), builder alive, quiet for (ms),
-- then the number in each witness ("-": none).
--
-- Epochs are compared as text of 16 digits.

local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end
local function ms(n)
    return string.format('%.0f', n)
end

local fields = redis.call('HMGET', KEYS[1], 'ep', 'rd', 'bt', 'bu', 'q')
local g = {
    ep = fields[1] or '0000000000000000', rd = fields[2] == '1', bt = fields[3], bu = tonumber(fields[4] or 0),
    q = tonumber(fields[5] or 0),
}
local me = ARGV[3]

local function build()
    g.bt, g.bu = me, now + ARGV[4]
    redis.call('HSET', KEYS[1], 'bt', me, 'bu', ms(g.bu))
end

if ARGV[2] == 'raise' and g.ep <= ARGV[6] then
    g.ep = string.format('%016.0f', now)
    if g.ep < ARGV[7] then
        g.ep = ARGV[7]
    end
    g.rd, g.q = false, now + ARGV[8]
    redis.call('HSET', KEYS[1], 'ep', g.ep, 'rd', '0', 'q', ms(g.q), 'fi', ARGV[8] == '0' and '1' or '0')
    build()
elseif not g.rd and fields[1] then
    if g.bt == me or (ARGV[2] == 'raise' and g.bu <= now) then
        build()
        if ARGV[2] == 'ready' and g.ep == ARGV[6] and g.q <= now then
            g.rd = true
            redis.call('HSET', KEYS[1], 'rd', '1')
            redis.call('HDEL', KEYS[1], 'bt', 'bu')
        end
    end
end

redis.call('PEXPIRE', KEYS[2], ARGV[5])
local alive = g.bu > now
local answer = {
    g.ep, g.rd and '1' or '0', alive and g.bt == me and '1' or '0', alive and '1' or '0', ms(math.max(0, g.q - now)),
}
for i = 2, #KEYS do
    answer[#answer + 1] = redis.call('GET', KEYS[i]) or '-'
end
if g.rd and ARGV[2] == 'look' and ARGV[6] then -- answered first: what was there before counts
    redis.call('SET', KEYS[2], ARGV[6], 'PX', ARGV[5])
end
return table.concat(answer, ' ')
