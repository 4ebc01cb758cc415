-- Counts page views without a script. The log phase notes a view when its page is sent, and puts it into a queue that all workers share.
-- A timer takes views from the queue, signs a token for each, and sends them to ingest-api in batches. No reader waits for any of it.
--
-- A view is counted exactly once: its `jti` depends on visitor, article and half hour alone, so a batch that is sent again comes back as
-- duplicate. A visitor is an address (IPv6: its /64) and a user agent under a secret of the day. Secrets are random, live in shared memory
-- for two days, and are written nowhere. So a restart, unlike a reload, makes known visitors new, and loses what is in the queue.
--
-- Sent events go through the server on the loopback port of count.conf, so that the upstream's balancing, its TLS and its kept connections
-- are nginx' own.

local cjson = require "cjson.safe"
local ffi = require "ffi"
local base64 = require "ngx.base64"

ffi.cdef [[
const void *EVP_sha256(void);
unsigned char *HMAC(const void *md, const void *key, int key_length, const unsigned char *data, size_t length, unsigned char *out,
    unsigned int *out_length);
int RAND_bytes(unsigned char *out, int count);
]]

local M = {}

local DAY = 86400
local HOUR = 3600
local WINDOW = 1800
-- ingest-api takes two hours; a view that has waited longer than the margin leaves is dropped.
local LIFETIME = 7200
local MARGIN = 120
-- ingest-api takes 1,000 events and 512 KiB a request. A batch fits into the buffer of count.conf.
local INTERVAL = 1
local BATCH_EVENTS = 500
local BATCH_BYTES = 400 * 1024
-- So many tokens are signed before the worker looks after its readers again: some 0.1 ms.
local SIGNED_AT_ONCE = 4
local TIMEOUTS = { connect = 2000, send = 10000, receive = 15000 }
-- A worker that dies while it sends holds the others up for so long; longer than the timeouts together.
local LOCK_SECONDS = 60
local PAUSE_SECONDS = 2
local LONGEST_PAUSE_SECONDS = 60
local MOST_USER_AGENT = 512
local MOST_REFERRER = 1024
local MOST_ARTICLE = 512
local LEAST_SECRET = 32

local queue = ngx.shared.millrace_queue
local state = ngx.shared.millrace_state
local seen = ngx.shared.millrace_seen

-- nil where nothing is counted
local settings

local digest = ffi.new "unsigned char[32]"

local function hmac(key, text)
    ffi.C.HMAC(ffi.C.EVP_sha256(), key, #key, text, #text, digest, nil)
    return base64.encode_base64url(ffi.string(digest, 32))
end

local function add(counter, count)
    state:incr(counter, count, 0)
end

-- The value of a variable, nil where it is absent or empty
local function env(name)
    local value = os.getenv(name)
    return value ~= "" and value or nil
end

local function secret()
    local path = env "MILLRACE_SECRET_FILE"
    if not path then
        return env "MILLRACE_SECRET"
    end
    local file = assert(io.open(path))
    local text = file:read "*a"
    file:close()
    return (text:gsub("%s+$", ""))
end

-- A whole number from a variable
local function whole(name, default, least)
    local text = env(name) or default
    local number = text:match "^%d+$" and tonumber(text)
    if not number or number < least or number > 1000000 then
        error(name .. " is '" .. text .. "'; it takes " .. least .. " to 1000000", 0)
    end
    return number
end

-- Runs in the master before it gives up root, at the start and at each reload. A wrong key stops the start, and leaves a running nginx as it
-- is. `port` is that of count.conf.
function M.configure(options)
    local kid = env "MILLRACE_KID"
    local key = secret()
    settings = nil
    if not kid and not key then
        ngx.log(ngx.NOTICE, "MILLRACE_KID and MILLRACE_SECRET are not set: no page view is counted")
        return
    end
    if not kid or not kid:match "^[a-z0-9-]+%.%d+$" then
        error("MILLRACE_KID is '" .. tostring(kid) .. "'; it takes a kid such as demo.1", 0)
    end
    if not key or #key < LEAST_SECRET then
        error("MILLRACE_SECRET has " .. #(key or "") .. " characters; it takes the secret as it was shown, at least " .. LEAST_SECRET, 0)
    end
    settings = {
        port = options.port,
        key = key,
        head = base64.encode_base64url(cjson.encode { alg = "HS256", kid = kid }),
        types = env "MILLRACE_SEARCH_VISITS" == "true" and { "view", "search_visit" } or { "view" },
        most = whole("MILLRACE_QUEUE", "10000", 1),
        visitors = whole("MILLRACE_VISITORS", "200", 0),
    }
end

-- Whether the answer that was just sent is a page that somebody has opened. A 304 is one: the reader's browser shows its own copy. It has no
-- type any more. A script that fetches a page, a frame and a picture are none.
local function is_page(var)
    if var.request_method ~= "GET" or var.request_completion ~= "OK" then
        return false
    end
    local destination = var.http_sec_fetch_dest
    if destination and destination ~= "document" then
        return false
    end
    if ngx.status == 304 then
        return true
    end
    local kind = ngx.header.content_type
    return ngx.status == 200 and type(kind) == "string" and (kind:find("^text/html") or kind:find("^application/xhtml%+xml")) ~= nil
end

-- The bytes by which an address is one visitor's: IPv4 whole, also within IPv6, otherwise the /64
local function network(address)
    if #address == 16 then
        return address:sub(1, 12) == ("\0"):rep(10) .. "\255\255" and address:sub(13) or address:sub(1, 8)
    end
    return address
end

-- The bytes by which an address has its share of visitors: what one customer of a data centre has at most, as a rule
local function neighbours(address)
    local bytes = network(address)
    return #bytes == 8 and bytes:sub(1, 6) or bytes
end

-- Text of a request as it may stand in a claim: printable ASCII, which UTF-8 is part of
local function printable(text, most)
    return text and (text:sub(1, most):gsub("[^\32-\126]", "?"))
end

-- The page that the reader came from. Of the site itself only its origin.
local function referrer(var)
    local address = printable(var.http_referer, MOST_REFERRER)
    local origin, host = (address or ""):match "^(https?://([^/?#]+))"
    return host == var.http_host and origin or address
end

local function has_room()
    return (queue:llen "views" or 0) < settings.most
end

-- The secret of the day of this second, the same in all workers
local function day_secret(at)
    local name = "day:" .. math.floor(at / DAY)
    local key = state:get(name)
    if not key then
        local random = ffi.new "unsigned char[32]"
        assert(ffi.C.RAND_bytes(random, 32) == 1, "no random bytes")
        state:add(name, ffi.string(random, 32), 2 * DAY)
        key = assert(state:get(name))
    end
    return key
end

-- Whether an address may have this visitor in this hour; a new one is counted. The user agent is the sender's choice, so without it one machine
-- could be as many readers as it likes.
local function admits(var, at)
    if settings.visitors == 0 or var.limited == "0" then
        return true
    end
    local day, hour = day_secret(at), math.floor(at / HOUR)
    local address = var.binary_remote_addr
    local visitor = hmac(day, table.concat({ "hour", hour, base64.encode_base64url(network(address)), var.http_user_agent or "" }, "\n"))
    if seen:get(visitor) then
        return true
    end
    local share = hmac(day, table.concat({ "share", hour, base64.encode_base64url(neighbours(address)) }, "\n"))
    if (seen:get(share) or 0) >= settings.visitors then
        return false
    end
    seen:incr(share, 1, 0, HOUR)
    seen:set(visitor, true, HOUR)
    return true
end

-- Runs in the log phase of every request.
function M.view()
    local var = ngx.var
    if not settings or not is_page(var) then
        return
    end
    local creator, article = var.millrace_creator, var.millrace_article
    if (creator or "") == "" or (article or "") == "" then
        return
    end
    if var.millrace_ahead ~= "" then
        return add("ahead", 1)
    end
    if var.millrace_reader == "" then
        return add("robots", 1)
    end
    local at = ngx.time()
    if not admits(var, at) then
        return add("crowded", 1)
    end
    add("views", 1)
    local added = has_room() and queue:rpush("views", cjson.encode {
        creator = creator,
        article = article:sub(1, MOST_ARTICLE),
        network = base64.encode_base64url(network(var.binary_remote_addr)),
        ip = var.remote_addr,
        ua = printable(var.http_user_agent, MOST_USER_AGENT),
        ref = referrer(var),
        at = at,
    })
    if not added then
        add("full", 1)
    end
end

local function token(view)
    local day = day_secret(view.at)
    local visitor = hmac(day, "visitor\n" .. view.network .. "\n" .. (view.ua or ""))
    local window = math.floor(view.at / WINDOW)
    local claims = base64.encode_base64url(cjson.encode {
        sub = view.creator,
        art = view.article,
        jti = hmac(day, table.concat({ "view", visitor, view.creator, view.article, window }, "\n")),
        vis = visitor,
        via = "page",
        ua = view.ua,
        ip = view.ip,
        ref = view.ref,
        evt = settings.types,
        iat = view.at,
        exp = view.at + LIFETIME,
    })
    local signed = settings.head .. "." .. claims
    return signed .. "." .. hmac(settings.key, signed)
end

-- Takes views from the queue until a request is full: as they were queued, and as events. nil where none is there. A single one asks whether
-- ingest-api is back.
local function take()
    local views, events, bytes = {}, {}, 0
    local most = state:get "away" and 1 or BATCH_EVENTS
    while #views < most and bytes < BATCH_BYTES do
        local text = queue:lpop "views"
        if not text then
            break
        end
        local view = cjson.decode(text)
        if view.at + LIFETIME - MARGIN < ngx.time() then
            add("late", 1)
        else
            local event = cjson.encode { token = token(view), type = "view" }
            bytes = bytes + #event + 1
            views[#views + 1] = text
            events[#events + 1] = event
            if #views % SIGNED_AT_ONCE == 0 then
                ngx.sleep(0)
            end
        end
    end
    if #views > 0 then
        return views, "[" .. table.concat(events, ",") .. "]"
    end
end

-- Puts views back to where they were taken from.
local function put_back(views)
    add("again", #views)
    for i = #views, 1, -1 do
        if not has_room() or not queue:lpush("views", views[i]) then
            add("full", 1)
        end
    end
end

-- The answer to a body: its status, Retry-After in seconds and body; or nil and what is wrong
local function post(body)
    local socket = ngx.socket.tcp()
    socket:settimeouts(TIMEOUTS.connect, TIMEOUTS.send, TIMEOUTS.receive)
    local ok, problem = socket:connect("127.0.0.1", settings.port)
    if not ok then
        return nil, problem
    end
    -- nginx ends the connection after an answer to HTTP/1.0. Its own to ingest-api are kept.
    ok, problem = socket:send { "POST /v1/events HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: ", #body, "\r\n\r\n", body }
    local answer
    if ok then
        answer, problem = socket:receive "*a"
    end
    socket:close()
    if not answer then
        return nil, problem
    end
    local head, text = answer:match "^(.-\r\n)\r\n(.*)$"
    local status = head and head:match "^HTTP/1%.%d (%d%d%d)"
    if not status then
        return nil, "the answer is not HTTP"
    end
    return { status = tonumber(status), wait = tonumber(head:lower():match "\nretry%-after: *(%d+)\r"), text = text }
end

-- Counts what became of each view, and returns those that may be sent again. Of rejections the log has one a batch.
local function conclude(views, results)
    local again, rejected = {}, nil
    for i, view in ipairs(views) do
        local result = results[i] or {}
        if result.retry == true then
            again[#again + 1] = view
        elseif result.status == "accepted" or result.status == "duplicate" or result.status == "filtered" then
            add(result.status, 1)
        else
            add("rejected", 1)
            rejected = result
        end
    end
    if rejected then
        ngx.log(ngx.WARN, "ingest-api rejects page views: ", rejected.code, ": ", rejected.detail)
    end
    return again
end

local function pause(seconds)
    state:set("pause", true, math.max(1, math.min(seconds or PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)))
end

-- Sends a batch; false where the rest has to wait. An answer without results has counted nothing for certain, so the views wait, whatever its
-- status: a wrong route is mended sooner than their tokens expire.
local function send(views, body)
    local answer, problem = post(body)
    local json = answer and cjson.decode(answer.text)
    local results = type(json) == "table" and json.results
    local again = views
    if type(results) == "table" then
        again = conclude(views, results)
        state:delete "away"
    else
        state:set("away", true)
        ngx.log(ngx.WARN, "ingest-api takes no page views: ", problem or answer.status)
    end
    if #again > 0 then
        put_back(again)
        pause(answer and answer.wait)
    end
    return #again == 0
end

-- Sends what is queued; one worker at a time. A worker that ends does it a last time.
local function flush(ends)
    if (state:get "pause" and not ends) or not state:add("sends", true, LOCK_SECONDS) then
        return
    end
    local done, problem = pcall(function()
        repeat
            local views, body = take()
            state:set("sends", true, LOCK_SECONDS)
        until not views or not send(views, body)
    end)
    state:delete "sends"
    if not done then
        ngx.log(ngx.ERR, "page views can't be sent: ", problem)
    end
end

-- Runs in each worker as it starts.
function M.start()
    if settings then
        assert(ngx.timer.every(INTERVAL, flush))
    end
end

local METRICS = {
    { "views_total", "views", "page views of readers" },
    { "robots_total", "robots", "page views of robots, which are not sent" },
    { "ahead_total", "ahead", "pages fetched ahead, which are not sent" },
    { "crowded_total", "crowded", "page views of further visitors of an address, which are not sent" },
    { "accepted_total", "accepted", "views that ingest-api accepted" },
    { "duplicate_total", "duplicate", "views that it had already" },
    { "filtered_total", "filtered", "views that it took for no reader's" },
    { "rejected_total", "rejected", "views that it rejected; the log says why" },
    { "again_total", "again", "views that went back into the queue" },
    { "full_total", "full", "views that were dropped because the queue was full" },
    { "late_total", "late", "views that were dropped because they had waited for two hours" },
}

-- Prometheus' text. views = accepted + duplicate + filtered + rejected + full + late + queue, whenever nothing is being sent.
function M.metrics()
    ngx.header.content_type = "text/plain; version=0.0.4"
    for _, metric in ipairs(METRICS) do
        local name = "millrace_proxy_" .. metric[1]
        ngx.print("# HELP ", name, " ", metric[3], "\n# TYPE ", name, " counter\n", name, " ", state:get(metric[2]) or 0, "\n")
    end
    ngx.print("# HELP millrace_proxy_queue views that wait\n# TYPE millrace_proxy_queue gauge\nmillrace_proxy_queue ",
        queue:llen "views" or 0, "\n")
end

return M
