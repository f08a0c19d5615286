-- Claim: docs/store.md, "Claim"; the numbers below are its rules.
--
-- KEYS  1 epoch   2 the event's outcome   3 product memory   4 our witness   5 record of the event's SKU, if it has one
-- ARGV  1 now (us; empty: Redis' clock)  2 epoch  3 upsert|hide|delete|end  4 flags  5 incarnation  6 op
--       7 data hash  8 content  9 version  10 source partition  11 offset  12 event id  13 lease (ms)  14 late (ms)
--       15 unchanged max age (ms)  16 outcome's time to live (ms)  17 witness' time to live (ms)
--       18 hide: reason of a skip; end: reason  19 end: outcome  20 end: superseded by  21 end: blob
--       22 number of this write
-- flags: f forced, r replay, t tombstone, n hint, p repair.
-- Answer: one text; a letter, then fields parted by single spaces, "-" for none (worker/adapters/redis_claim.c).
--
-- Keys beyond those declared (the product's other SKUs, a SKU's former owner) are found in the data. They carry the
-- hash tag of KEYS[1], so that they lie in the same slot.

local epoch = redis.call('HMGET', KEYS[1], 'ep', 'rd', 'fi')
if epoch[1] ~= ARGV[2] or epoch[2] ~= '1' then -- 1
    return 'E'
end

local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end
local mode, flags, token = ARGV[3], ARGV[4], ARGV[5] .. '.' .. ARGV[6]
local hash, content, version = ARGV[7], ARGV[8], ARGV[9]
local repair = string.find(flags, 'p', 1, true)
local base = string.sub(KEYS[2], 1, -35) -- all but "e:" and 32 digits
local identity = string.sub(KEYS[2], -32)
local product = string.sub(KEYS[3], #base + 3)
local sku = KEYS[5] and string.sub(KEYS[5], #base + 3) or ''
local NONE = '0000000000000000'

local function ms(number)
    return string.format('%.0f', number)
end

local fields = redis.call('HMGET', KEYS[3], 'v', 'c', 'st', 'is', 's', 'x', 't', 'o', 'ev', 'ep', 'at', 'cv', 'ci', 'cn',
    'lw', 'hu')
local m = {
    v = fields[1], c = fields[2], st = fields[3], is = fields[4], s = fields[5] or '', x = fields[6] or '',
    t = fields[7], o = fields[8], ev = fields[9] or '-', ep = fields[10], at = fields[11], cv = fields[12] or NONE,
    ci = fields[13], cn = fields[14], lw = fields[15] == '1',
}
local exists = m.v or m.st
if tonumber(fields[16] or 0) > now then -- 1, by an operator
    return 'H ' .. ms(fields[16] - now)
end
local clean = m.st == 'c' and m.ep == ARGV[2]

-- Every SKU that may hold an item of this product, each once: s, those of x, the event's.
local known, records = {}, {}

local function know(one)
    if one ~= '' and not records[one] then
        local key = base .. 's:' .. one
        local r = redis.call('HMGET', key, 'ow', 'id', 'tk', 'un', 'co', 'uu', 'uc', 'wr')
        records[one] = {
            key = key, ow = r[1], id = r[2] or '-', tk = r[3], un = tonumber(r[4] or 0), co = r[5] or '',
            uu = tonumber(r[6] or 0), uc = r[7] or '', wr = tonumber(r[8] or 0),
        }
        known[#known + 1] = one
    end
end

know(m.s)
for one in string.gmatch(m.x, '%S+') do
    know(one)
end
know(sku)

local function held(one)
    return one ~= '' and records[one].ow == product
end

local function give_back()
    for _, one in ipairs(known) do
        if records[one].tk == token then
            redis.call('HDEL', records[one].key, 'tk', 'un', 'co')
        end
    end
end

local function longer(a, b)
    return #a > #b or (#a == #b and a > b)
end

local function move_version()
    m.v = version
    redis.call('HSET', KEYS[3], 'v', version, 't', ARGV[10], 'o', ARGV[11], 'ev', ARGV[12])
end

-- What memory holds of the product now: last version, version shown, item state, SKU and id of its item.
local function memory()
    local there = held(m.s)
    return table.concat({ m.v or NONE, m.cv, m.is or '-', there and m.s or '-', there and records[m.s].id or '-' }, ' ')
end

-- Ends the event here: gives back, stores the outcome, answers with it (the blob is the asker's own).
local function ended(letter, outcome, reason, by, blob)
    give_back()
    local item = held(m.s) and records[m.s].id or '-'
    local shown = m.cv == version and '=' or m.cv
    local record = table.concat({ hash, outcome, reason, '-', version, shown, item, by, '' }, ' ')
    if not repair then
        redis.call('SET', KEYS[2], record .. blob, 'PX', ARGV[16])
    end
    redis.call('SET', KEYS[4], ARGV[22], 'PX', ARGV[17])
    return letter .. ' ' .. memory() .. ' ' .. record
end

local function skipped(reason)
    move_version() -- not lower than v, or the claim was stale
    return ended('K', 'skipped', reason, '-', '')
end

if not repair then -- 2
    local stored = redis.call('GET', KEYS[2])
    if stored then
        if string.sub(stored, 1, 32) ~= hash then
            return 'C'
        end
        give_back()
        return 'D ' .. memory() .. ' ' .. stored
    end
end

if m.ci == identity then -- 3
    local works = 0
    for _, one in ipairs(known) do
        local r = records[one]
        if held(one) and r.tk and r.tk ~= token then
            works = math.max(works, r.un - now)
        end
    end
    if works > 0 then
        return 'H ' .. ms(works)
    end
end

if mode == 'end' then -- 4
    if ARGV[19] ~= 'failed' and version > (m.v or NONE) then
        move_version()
    end
    return ended('N', ARGV[19], ARGV[18], ARGV[20], ARGV[21])
end

if repair and ((m.v or NONE) == NONE or m.t ~= ARGV[10] or m.o ~= ARGV[11]) then -- 5
    return ended('S', 'superseded', 'newer_version', '-', '') -- not the newest any more, or an operator undid it
end
if string.find(flags, 't', 1, true) then
    if not exists and sku == '' then
        return 'X'
    end
    version = m.v or NONE
end

if m.v then -- 6
    local stale = m.v > version
    if m.v == version then
        stale = (m.t == ARGV[10] and m.o and longer(m.o, ARGV[11])) or
            (string.find(flags, 'r', 1, true) and not repair and m.c ~= content)
    end
    if stale then
        return ended('S', 'superseded', 'newer_version', m.ev, '')
    end
end

local wanted -- 7
if mode == 'upsert' then
    wanted = sku
elseif held(m.s) then
    wanted = m.s
elseif held(sku) then
    wanted = sku
elseif mode == 'delete' and sku ~= '' and not records[sku].ow then
    wanted = sku
end
local targets = { wanted }
for _, one in ipairs(known) do
    if one ~= wanted and held(one) then
        targets[#targets + 1] = one
    end
end
if #targets > 5 then
    return 'M'
end
wanted = targets[1]
if not wanted and mode == 'hide' then
    local never = epoch[3] == '1' and not string.find(flags, 'n', 1, true)
    if m.ep or never or sku == '' or records[sku].ow then
        return skipped(ARGV[18])
    end
    wanted, targets = sku, { sku }
elseif not wanted then
    local other = (sku ~= '' and records[sku].ow) or (m.s ~= '' and records[m.s].ow)
    return skipped(other and 'sku_taken' or 'not_in_catalog')
end
local forced = string.find(flags, 'f', 1, true)
if mode ~= 'upsert' and not forced and clean and (m.is == 'a' or m.is == 'd') and m.x == '' then
    return skipped(mode == 'hide' and ARGV[18] or 'not_in_catalog')
end

local holds, waits = 0, 0 -- 8
for _, one in ipairs(targets) do
    local r = records[one]
    local ours = one == wanted and content or 'del'
    if r.tk and r.tk ~= token then
        if r.un > now then
            holds = math.max(holds, r.un - now)
        elseif r.un + ARGV[14] > r.uu then
            r.uu, r.uc = r.un + ARGV[14], r.co
            redis.call('HSET', r.key, 'uu', ms(r.uu), 'uc', r.uc)
        end
    end
    if r.uu > now and r.uc ~= ours then
        waits = math.max(waits, r.uu - now)
    end
end
if holds > 0 then
    return 'H ' .. ms(holds)
end
if waits > 0 then
    return 'W ' .. ms(waits)
end

local r = records[wanted]
if mode ~= 'delete' and clean and m.c == content and #targets == 1 and m.s == wanted and held(wanted) and r.id ~= '-'
    and m.is == (mode == 'upsert' and 'l' or 'h') and not forced and not m.lw and not repair
    and now - tonumber(m.at or 0) <= tonumber(ARGV[15]) then -- 9
    move_version()
    redis.call('HSET', KEYS[3], 'cv', version)
    m.cv = version
    return ended('U', 'unchanged', '-', '-', '')
end

local fence = ms(redis.call('HINCRBY', KEYS[1], 'f', 1)) -- 10 (exact up to 2^53 grants)
local claims = '0'
if m.ci == identity and r.tk then
    if r.tk == token then
        claims = m.cn or '0'
    elseif string.sub(r.tk, 1, 16) ~= ARGV[5] then
        claims = tostring(math.min(tonumber(m.cn or 0) + 1, 255))
    end
end
if r.ow and r.ow ~= product then
    local former = base .. 'p:' .. r.ow
    if redis.call('EXISTS', former) == 1 then
        redis.call('HSET', former, 'st', 'd')
    end
end
local maybe = exists and (m.is == 'l' or m.is == 'h' or m.st == 'd')
local answer = { 'G', memory(), fence, version, claims, maybe and '1' or '0', ms(#targets) }
local others = {}
for _, one in ipairs(targets) do
    local t = records[one]
    redis.call('HSET', t.key, 'ow', product, 'tk', token, 'un', ms(now + ARGV[13]), 'fe', fence, 'co',
        one == wanted and content or 'del')
    local last = math.max(t.wr, t.uu)
    answer[#answer + 1] = one
    answer[#answer + 1] = t.id
    answer[#answer + 1] = last > 0 and ms(now - last) or '-'
    if one ~= m.s then
        others[#others + 1] = one
    end
end
redis.call('HSET', KEYS[3], 'st', 'd', 'x', table.concat(others, ' '), 'ci', identity, 'cn', claims, 'ep', m.ep or ARGV[2])
if m.lw then
    redis.call('HDEL', KEYS[3], 'lw')
end
redis.call('SET', KEYS[4], ARGV[22], 'PX', ARGV[17])
return table.concat(answer, ' ')
