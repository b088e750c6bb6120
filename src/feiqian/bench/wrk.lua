-- What all scripts for wrk share: requests, and what is printed at the end, as one line of JSON.
local threads = {}
loaded = 0 -- the processor time when everything had been prepared

function setup(thread)
  table.insert(threads, thread)
end

function post(path, key, body)
  return "POST " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. key ..
    "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function init(arguments)
  if prepare then prepare(arguments[1]) end
  loaded = os.clock()
end

function done(summary, latency)
  local e, first = summary.errors, threads[1]
  io.write(string.format(
    '\n{"requests":%d,"made":%d,"seconds":%.6f,"processor":%.6f,"p50_ms":%.3f,"p95_ms":%.3f,"p99_ms":%.3f,' ..
    '"refused":%d,"broken":%d}\n',
    summary.requests, first:get("made") or 0, summary.duration / 1e6, os.clock() - first:get("loaded"),
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
