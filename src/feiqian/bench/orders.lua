-- Makes each prepared order, then pays it by code. Whichever connection is free pays the order that was made first.
-- More must be prepared than can be made.
dofile("wrk.lua")
local requests, payments, at = {}, {}, 0
local open, first, last = {}, 1, 0 -- payments of orders that were made
made = 0

function prepare(file)
  for line in io.lines(file) do
    local key, number, order, payment = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    requests[#requests + 1] = post("/v1/orders", key, order)
    payments[number] = {key, payment:sub(2)}
  end
end

function request()
  local payment = open[first]
  if payment then
    open[first], first = nil, first + 1
    return payment
  end
  at = at + 1
  return requests[math.min(at, #requests)]
end

function response(status, headers, body)
  local id, number = body:match('^{"id":"(ord_%x+)".-"merchant_order":"(.-)"')
  if id then
    local key, payment = unpack(payments[number])
    made, last = made + 1, last + 1
    open[last] = post("/v1/payments", key, '{"order":"' .. id .. '",' .. payment)
  end
end
