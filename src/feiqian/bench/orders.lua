-- Makes each prepared order, then pays it by code; prints what it saw as one line of JSON. Whichever connection is free
-- pays the order that was made first. More must be prepared than can be made.
local threads, requests, payments, at = {}, {}, {}, 0
local open, first, last = {}, 1, 0 -- payments of orders that were made
made = 0

function setup(thread)
  table.insert(threads, thread)
end

local function post(path, key, body)
  return "POST " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. key ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function init(arguments)
  for line in io.lines(arguments[1]) do
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

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"made":%d,"seconds":%.6f,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, threads[1]:get("made"), summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, e.status, e.connect + e.read + e.write + e.timeout))
end
