-- Settle: docs/store.md, "Settle"; the numbers below are its rules.
--
-- KEYS  1 epoch   2 the event's outcome   3 product memory   4 our witness   5 record of the wanted SKU   6.. of old SKUs
-- ARGV  1 now (us; empty: Redis' clock)  2 epoch  3 token  4 fence  5 data hash  6 outcome  7 reason  8 flags
--       9 item state after (a l h d)  10 version  11 source partition  12 offset  13 event id
--       14 outcome's time to live (ms)  15 witness' time to live (ms)  16 blob
--       17.. of each SKU record: flags, how long uncertain (ms), item id; after them the number of this write
-- flags: s success, p repair; of a record: g gone, w written.
-- Answer: 1 stored, 2 stored before, 0 refused, -1 the epoch moved on.
--
-- Keys beyond those declared (owners of SKUs that were taken) are found in the data; they carry the same hash tag.

local epoch = redis.call('HGET', KEYS[1], 'ep') -- 1
if epoch ~= ARGV[2] then
    return -1
end

local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end
local token, fence, version = ARGV[3], ARGV[4], ARGV[10]
local success = string.find(ARGV[8], 's', 1, true)
local repair = string.find(ARGV[8], 'p', 1, true)
local base = string.sub(KEYS[2], 1, -35) -- all but "e:" and 32 digits
local product = string.sub(KEYS[3], #base + 3)
local number = ARGV[#ARGV]

local function ms(n)
    return string.format('%.0f', n)
end

-- The targets, each with what its record holds.
local targets = {}
for i = 5, #KEYS do
    local at = 17 + 3 * (i - 5)
    local r = redis.call('HMGET', KEYS[i], 'ow', 'tk', 'fe', 'co', 'uu', 'wr')
    targets[#targets + 1] = {
        key = KEYS[i], sku = string.sub(KEYS[i], #base + 3), ow = r[1], ours = r[2] == token and r[3] == fence,
        co = r[4] or '', uu = tonumber(r[5] or 0), came = not r[2] and r[3] == fence,
        gone = string.find(ARGV[at], 'g', 1, true), written = string.find(ARGV[at], 'w', 1, true),
        uncertain = tonumber(ARGV[at + 1]), item = ARGV[at + 2],
    }
end

-- A write may have landed under a lease that was lost: what the catalog shows now, nobody knows.
local function late_write(of)
    local key = base .. 'p:' .. of
    if of == product or redis.call('EXISTS', key) == 1 then
        redis.call('HSET', key, 'st', 'd', 'lw', '1')
    end
end

local function lost(t)
    if t.written or t.uncertain > 0 then
        late_write(product)
        if t.ow and t.ow ~= product then
            late_write(t.ow)
        end
    end
end

local function end_leases() -- 4
    for _, t in ipairs(targets) do
        if t.ours then
            local set = {}
            if t.written then
                set[1], set[2] = 'wr', ms(now)
            end
            if t.uncertain > 0 and now + t.uncertain > t.uu then
                set[#set + 1], set[#set + 2] = 'uu', ms(now + t.uncertain)
                set[#set + 1], set[#set + 2] = 'uc', t.co
            end
            if t.item ~= '' and not t.gone then
                set[#set + 1], set[#set + 2] = 'id', t.item
            end
            if #set > 0 then
                redis.call('HSET', t.key, unpack(set))
            end
            if t.gone then
                redis.call('HDEL', t.key, 'tk', 'un', 'co', 'id', 'ow')
            else
                redis.call('HDEL', t.key, 'tk', 'un', 'co')
            end
        else
            lost(t)
        end
    end
end

local function refuse()
    for _, t in ipairs(targets) do
        lost(t)
    end
    redis.call('SET', KEYS[4], number, 'PX', ARGV[15])
    return 0
end

local ours = targets[1].ours -- 2
local stored = (not repair or not ours) and redis.call('GET', KEYS[2])
if stored then
    local its_hash, its_fence = string.match(stored, '^(%S+) %S+ %S+ (%S+)')
    if its_hash == ARGV[5] and its_fence == fence then
        return 2
    end
end
if not ours then
    if repair and targets[1].came then
        return 2
    end
    return refuse()
end
if stored then
    end_leases()
    return refuse()
end

local fields = redis.call('HMGET', KEYS[3], 'v', 'x', 'cv', 'lw') -- 3
local last, x, cv, late = fields[1], fields[2] or '', fields[3], fields[4]
local wanted = targets[1]

-- SKUs that may hold an item as well, from now on: those of x and, after a success, the old ones still there.
local others, listed = {}, {}
local function other(sku)
    if not listed[sku] then
        listed[sku] = true
        others[#others + 1] = sku
    end
end
if success then
    listed[wanted.sku] = true
end
for i = 2, #targets do
    if targets[i].gone then
        listed[targets[i].sku] = true
    end
end
for sku in string.gmatch(x, '%S+') do
    other(sku)
end

if success then
    for i = 2, #targets do
        other(targets[i].sku)
    end
    local there = ARGV[9] == 'l' or ARGV[9] == 'h'
    cv = version
    local set = { 'c', there and wanted.co or 'del', 'st', late and 'd' or 'c', 'is', ARGV[9],
        's', there and wanted.sku or '', 'x', table.concat(others, ' '), 'ep', ARGV[2], 'at', ms(now), 'cv', version,
        'cn', '0', 'v', version, 't', ARGV[11], 'o', ARGV[12], 'ev', ARGV[13] }
    -- A higher version in memory keeps its place (the last eight).
    redis.call('HSET', KEYS[3], unpack(set, 1, (not last or version >= last) and 26 or 18))
else
    redis.call('HSET', KEYS[3], 'x', table.concat(others, ' '), 'cn', '0')
end
if not repair then
    local shown = cv == version and '=' or (cv or '-')
    local item = (wanted.gone or wanted.item == '') and '-' or wanted.item
    redis.call('SET', KEYS[2], table.concat({ ARGV[5], ARGV[6], ARGV[7], fence, version, shown, item, '-', ARGV[16] }, ' '),
        'PX', ARGV[14])
end

end_leases()
redis.call('SET', KEYS[4], number, 'PX', ARGV[15]) -- 5
return 1
