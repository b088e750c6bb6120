-- Sends each prepared payment once. More must be prepared than can be sent.
dofile("wrk.lua")
local requests, at = {}, 0

function prepare(file)
  for line in io.lines(file) do
    local key, body = line:match("^(%S+) (.*)$")
    requests[#requests + 1] = post("/v1/payments", key, body)
  end
end

function request()
  at = at + 1
  return requests[math.min(at, #requests)]
end
