-- Rebuild from one result: docs/store.md, "Epochs", last paragraph.
--
-- KEYS  1 epoch   2 product memory   3 record of the result's SKU, if it has one   last: the event's outcome, if told (14)
-- ARGV  1 now (us; empty: Redis' clock)  2 incarnation  3 builder's lease (ms)  4 last version (0: none)  5 version shown
--       6 item state (a l h d)  7 item id  8 content  9 source partition  10 offset  11 event id  12 finished at (ms)  13 epoch
--       14 kind: s what memory held, w the same and no other SKU holds an item, r an operator's reset, f his forget
--       15 o: the event's outcome is told, by: 16 data hash  17 outcome  18 reason  19 version  20 version shown  21 item id
--       22 superseded by  23 outcome's time to live (ms)  24 blob
-- Answer: 1 stored or not needed, 0 we are not the builder any more.

local g = redis.call('HMGET', KEYS[1], 'bt', 'rd', 'ep')
if g[1] ~= ARGV[2] or g[2] == '1' or g[3] ~= ARGV[13] then
    return 0
end
local now = ARGV[1]
if now == '' then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
else
    now = math.floor(now / 1000)
end
redis.call('HSET', KEYS[1], 'bu', string.format('%.0f', now + ARGV[3]))

local told, kind = ARGV[15] == 'o', ARGV[14]
local sku_key = KEYS[3]
if told then
    local left = ARGV[12] + ARGV[23] - now
    if left > 0 then
        local record = table.concat({ ARGV[16], ARGV[17], ARGV[18], '-', ARGV[19], ARGV[20], ARGV[21], ARGV[22], ARGV[24] }, ' ')
        redis.call('SET', KEYS[#KEYS], record, 'NX', 'PX', string.format('%.0f', left))
    end
    if #KEYS == 3 then
        sku_key = nil
    end
end

local there = ARGV[6] == 'l' or ARGV[6] == 'h'
local base, product = string.match(KEYS[2], '^(.-:c:[^:]+:)p:(.*)$')
local sku = sku_key and string.sub(sku_key, #base + 3) or ''

local m = redis.call('HMGET', KEYS[2], 'v', 's', 'x')

-- No SKU of older data but `but` belongs to the product any more.
local function disown(but)
    for one in string.gmatch((m[2] or '') .. ' ' .. (m[3] or ''), '%S+') do
        if one ~= but and redis.call('HGET', base .. 's:' .. one, 'ow') == product then
            redis.call('HDEL', base .. 's:' .. one, 'ow', 'id')
        end
    end
end

if kind == 'f' then
    disown('')
    redis.call('DEL', KEYS[2])
    return 1
end

if kind == 'r' or not m[1] or m[1] <= ARGV[4] then
    local s, x = there and sku or '', m[3] or ''
    if kind == 'w' then
        disown(s)
        x = ''
    elseif m[2] and m[2] ~= '' and m[2] ~= s then
        x = x == '' and m[2] or x .. ' ' .. m[2] -- what older data call its item may still be there
    end
    redis.call('HSET', KEYS[2], 'v', ARGV[4], 'st', 'd', 'is', ARGV[6], 's', s, 'x', x, 'cv', ARGV[5])
    if ARGV[9] ~= '-' or m[1] ~= ARGV[4] or kind == 'r' then -- else an earlier result knew where the version came from
        redis.call('HSET', KEYS[2], 'c', ARGV[8], 't', ARGV[9], 'o', ARGV[10], 'ev', ARGV[11])
    end
    redis.call('HDEL', KEYS[2], 'ep')
end

if sku_key then
    local r = redis.call('HMGET', sku_key, 'ow', 'wr')
    if tonumber(r[2] or 0) <= tonumber(ARGV[12]) then
        if there then
            redis.call('HSET', sku_key, 'ow', product, 'wr', ARGV[12])
            if ARGV[7] ~= '' then
                redis.call('HSET', sku_key, 'id', ARGV[7])
            end
        elseif not r[1] or r[1] == product then
            redis.call('HDEL', sku_key, 'ow', 'id')
            redis.call('HSET', sku_key, 'wr', ARGV[12])
        end
    end
end
return 1
