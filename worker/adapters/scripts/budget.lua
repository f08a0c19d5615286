-- Budget: docs/store.md, "Budget" (GCRA). All moments are microseconds since 1970, below 2^53 until the year 2255.
--
-- KEYS  1 theoretical arrival time of the next call   2 blocked until
-- ARGV  1 now (us; empty: Redis' clock)  2 tokens asked for; "block": block  3 interval (us)  4 burst  5 block for (us)
-- Answer: how many were granted, and in how many microseconds the next may be (0: at once).

local now = tonumber(ARGV[1])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end
local interval, span = tonumber(ARGV[3]), ARGV[3] * ARGV[4]

local function keep(key, moment)
    if moment > now then
        redis.call('SET', key, string.format('%.0f', moment), 'PX', string.format('%.0f', (moment - now) / 1000 + 60000))
    end
end

local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local blocked = tonumber(redis.call('GET', KEYS[2]) or 0)

if ARGV[2] == 'block' then
    blocked = math.max(blocked, now + ARGV[5])
    keep(KEYS[2], blocked)
    keep(KEYS[1], math.max(arrival, blocked + span - interval)) -- then: empty but for one
    return { 0, blocked - now }
end
if blocked > now then
    return { 0, blocked - now }
end
local asked = tonumber(ARGV[2])
local granted = math.max(0, math.min(asked, math.floor((now + span - arrival) / interval)))
arrival = arrival + granted * interval
keep(KEYS[1], arrival)
return { granted, math.max(0, arrival + interval - span - now) }
