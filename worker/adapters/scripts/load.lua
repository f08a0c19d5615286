-- Rebuild from one result: docs/store.md, "Epochs", last paragraph.
--
-- KEYS  1 epoch   2 product memory   3 record of the result's SKU, if it has one   last: the event's outcome, if told (14)
-- ARGV  1 now (us; empty: Redis' clock)  2 incarnation  3 builder's lease (ms)  4 last version (0: none)  5 version shown
--       6 item state (a l h d)  7 item id  8 content  9 source partition  10 offset  11 event id  12 finished at (ms)  13 epoch
--       14 o: the event's outcome is told, by: 15 data hash  16 outcome  17 reason  18 version  19 version shown  20 item id
--       21 superseded by  22 outcome's time to live (ms)  23 blob
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

local told = ARGV[14] == 'o'
local sku_key = KEYS[3]
if told then
    local left = ARGV[12] + ARGV[22] - now
    if left > 0 then
        local record = table.concat({ ARGV[15], ARGV[16], ARGV[17], '-', ARGV[18], ARGV[19], ARGV[20], ARGV[21], ARGV[23] }, ' ')
        redis.call('SET', KEYS[#KEYS], record, 'NX', 'PX', string.format('%.0f', left))
    end
    if #KEYS == 3 then
        sku_key = nil
    end
end

local sku = ''
local there = ARGV[6] == 'l' or ARGV[6] == 'h'
local base, product
if sku_key then
    -- Both keys begin alike up to the kind ("p:" or "s:").
    local same = 1
    while string.byte(KEYS[2], same) == string.byte(sku_key, same) do
        same = same + 1
    end
    base = string.sub(KEYS[2], 1, same - 1)
    sku = string.sub(sku_key, #base + 3)
    product = string.sub(KEYS[2], #base + 3)
end

local m = redis.call('HMGET', KEYS[2], 'v', 's', 'x')
if not m[1] or m[1] <= ARGV[4] then
    local s, x = there and sku or '', m[3] or ''
    if m[2] and m[2] ~= '' and m[2] ~= s then
        x = x == '' and m[2] or x .. ' ' .. m[2] -- what older data call its item may still be there
    end
    redis.call('HSET', KEYS[2], 'v', ARGV[4], 'st', 'd', 'is', ARGV[6], 's', s, 'x', x, 'c', ARGV[8], 't', ARGV[9],
        'o', ARGV[10], 'ev', ARGV[11], 'cv', ARGV[5])
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
