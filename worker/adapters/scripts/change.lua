-- A change of one product's memory by an operator: docs/store.md, "Changes by hand".
--
-- KEYS  1 epoch   2 product memory   3 adopt: record of its SKU
-- ARGV  1 now (us; empty: Redis' clock)  2 epoch  3 hold|drop|reset|forget|adopt  4 holder  5 hold for (ms)  6 late (ms)
--       7 last version; hold: the change to come  8 event id  9 forget: SKU records written to within so many ms are kept, bare
--       10 adopt: item state (l h)  11 adopt: item id  12 adopt: version shown
-- Answer: a letter and a number of milliseconds.
--   O done   E the epoch is another, or not ready   B held by another operator for so long
--   L held, but leases of workers run for so long   N nothing is known of the product
--   X not held (any more): hold it again            K adopt: the product has an item already
--   T adopt: another product owns the SKU
--
-- Keys beyond those declared (the product's SKUs) are found in the data; they carry the same hash tag.

local g = redis.call('HMGET', KEYS[1], 'ep', 'rd')
if g[1] ~= ARGV[2] or g[2] ~= '1' then
    return { 'E', 0 }
end
local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end
local base, product = string.match(KEYS[2], '^(.-:c:[^:]+:)p:(.*)$')

local function ms(n)
    return string.format('%.0f', n)
end

local f = redis.call('HMGET', KEYS[2], 'hb', 'hu', 'v', 'st', 'cv', 's', 'x')
local holder, held, exists = f[1], tonumber(f[2] or 0), f[3] or f[4]
local what = ARGV[3]

if what == 'drop' then
    if holder == ARGV[4] then
        redis.call('HDEL', KEYS[2], 'hb', 'hu')
    end
    return { 'O', 0 }
end
if held > now and holder ~= ARGV[4] then
    return { 'B', held - now }
end
if what ~= 'hold' and held <= now then
    return { 'X', 0 }
end
if not exists and what ~= 'adopt' and not (what == 'hold' and ARGV[7] == 'adopt') then
    return { 'N', 0 }
end

-- The records of its SKUs that name it.
local records, leased = {}, 0
for sku in string.gmatch((f[6] or '') .. ' ' .. (f[7] or ''), '%S+') do
    local key = base .. 's:' .. sku
    local r = redis.call('HMGET', key, 'ow', 'tk', 'un', 'co', 'uu', 'wr')
    if r[1] == product then
        records[#records + 1] = {
            key = key, tk = r[2], un = tonumber(r[3] or 0), co = r[4] or '', uu = tonumber(r[5] or 0),
            wr = tonumber(r[6] or 0),
        }
        if r[2] then
            leased = math.max(leased, tonumber(r[3] or 0) - now)
        end
    end
end

if what == 'hold' then
    redis.call('HSET', KEYS[2], 'hb', ARGV[4], 'hu', ms(now + ARGV[5]))
end
if leased > 0 then
    return { 'L', leased }
end

-- A lease that ran out without a settle: its sender may still settle, and its call may still land. The new fence
-- refuses the settle, and what the call does is then a late write. With the hold already, so that what is written to
-- Kafka under it is what the change finds.
local fence
for _, r in ipairs(records) do
    if r.tk then
        fence = fence or ms(redis.call('HINCRBY', KEYS[1], 'f', 1))
        if r.un + ARGV[6] > r.uu then
            r.uu = r.un + ARGV[6]
            redis.call('HSET', r.key, 'uu', ms(r.uu), 'uc', r.co)
        end
        redis.call('HSET', r.key, 'fe', fence)
        redis.call('HDEL', r.key, 'tk', 'un', 'co')
    end
end

if what == 'hold' then
    return { 'O', 0 }
end
if what == 'reset' then
    local shown = f[5]
    if shown and shown > ARGV[7] then
        shown = '0000000000000000' -- a number of the versions that went wrong
    end
    redis.call('HSET', KEYS[2], 'v', ARGV[7], 'st', 'd', 'cv', shown or '0000000000000000', 't', '-', 'o', '0', 'ev',
        ARGV[8], 'cn', '0')
    redis.call('HDEL', KEYS[2], 'hb', 'hu', 'ci')
elseif what == 'forget' then
    for _, r in ipairs(records) do
        if math.max(r.wr, r.uu) > now - ARGV[9] then
            redis.call('HDEL', r.key, 'ow', 'id') -- what may still land, or not be listed yet, is waited for
        else
            redis.call('DEL', r.key)
        end
    end
    redis.call('DEL', KEYS[2])
    redis.call('HSET', KEYS[1], 'fi', '0') -- the catalog may hold what memory does not know
else
    local r = redis.call('HMGET', KEYS[3], 'ow', 'id')
    if f[6] and f[6] ~= '' then
        redis.call('HDEL', KEYS[2], 'hb', 'hu')
        return { 'K', 0 }
    end
    if r[1] and r[1] ~= product then
        if exists then
            redis.call('HDEL', KEYS[2], 'hb', 'hu')
        else
            redis.call('DEL', KEYS[2])
        end
        return { 'T', 0 }
    end
    local version = (f[3] and f[3] > ARGV[7]) and f[3] or ARGV[7]
    redis.call('HSET', KEYS[2], 'v', version, 'st', 'd', 'is', ARGV[10], 's', string.sub(KEYS[3], #base + 3), 'cv',
        ARGV[12])
    if not f[3] then
        redis.call('HSET', KEYS[2], 't', '-', 'o', '0', 'ev', ARGV[8])
    end
    redis.call('HDEL', KEYS[2], 'hb', 'hu')
    redis.call('HSET', KEYS[3], 'ow', product, 'id', ARGV[11])
end
return { 'O', 0 }
