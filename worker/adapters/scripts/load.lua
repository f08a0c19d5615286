-- Rebuild from one result: docs/store.md, "Epochs", last paragraph.
--
-- KEYS  1 epoch   2 product memory   3 record of the result's SKU, if it has one
-- ARGV  1 now (us; empty: Redis' clock)  2 incarnation  3 builder's lease (ms)  4 last version (0: none)  5 version shown
--       6 item state (a l h d)  7 item id  8 content  9 source partition  10 offset  11 event id  12 finished at (ms)  13 epoch
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

local sku = ''
local there = ARGV[6] == 'l' or ARGV[6] == 'h'
local base, product
if KEYS[3] then
    -- Both keys begin alike up to the kind ("p:" or "s:").
    local same = 1
    while string.byte(KEYS[2], same) == string.byte(KEYS[3], same) do
        same = same + 1
    end
    base = string.sub(KEYS[2], 1, same - 1)
    sku = string.sub(KEYS[3], #base + 3)
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

if KEYS[3] then
    local r = redis.call('HMGET', KEYS[3], 'ow', 'wr')
    if tonumber(r[2] or 0) <= tonumber(ARGV[12]) then
        if there then
            redis.call('HSET', KEYS[3], 'ow', product, 'wr', ARGV[12])
            if ARGV[7] ~= '' then
                redis.call('HSET', KEYS[3], 'id', ARGV[7])
            end
        elseif not r[1] or r[1] == product then
            redis.call('HDEL', KEYS[3], 'ow', 'id')
            redis.call('HSET', KEYS[3], 'wr', ARGV[12])
        end
    end
end
return 1
