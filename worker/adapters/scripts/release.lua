-- Release: docs/store.md, "Release".
--
-- KEYS  1 epoch   2 record of the wanted SKU   3.. of old SKUs
-- ARGV  1 now (us; empty: Redis' clock)  2 epoch  3 token  4 fence  5.. of each record: flags, how long uncertain (ms)
-- flags: g gone, w written.
-- Answer: how many leases were given back.

if redis.call('HGET', KEYS[1], 'ep') ~= ARGV[2] then
    return 0
end
local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end

local released = 0
for i = 2, #KEYS do
    local r = redis.call('HMGET', KEYS[i], 'tk', 'fe', 'co', 'uu')
    if r[1] == ARGV[3] and r[2] == ARGV[4] then
        local at = 5 + 2 * (i - 2)
        local until_ms = now + ARGV[at + 1]
        redis.call('HDEL', KEYS[i], 'tk', 'un', 'co')
        if string.find(ARGV[at], 'w', 1, true) then
            redis.call('HSET', KEYS[i], 'wr', string.format('%.0f', now))
        end
        if until_ms > now and until_ms > tonumber(r[4] or 0) then
            redis.call('HSET', KEYS[i], 'uu', string.format('%.0f', until_ms), 'uc', r[3] or '')
        end
        released = released + 1
    end
end
return released
