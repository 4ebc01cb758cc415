# Mints event tokens with a library: ruby mint.rb LIBRARY KID SECRET. A line a variant: its name, a tab, the token.
require "base64"

LIBRARY, KID, SECRET = ARGV
NOW = Time.now.to_i
TIMES = { iat: NOW, exp: NOW + 3600 }.freeze
FLOATS = { iat: Time.now.to_f, exp: Time.now.to_f + 3600 }.freeze
EXTRA = { iss: "https://news.example", roles: %w[a b], nested: { a: [1, { b: nil }] }, admin: false }.freeze

def claims(variant, more)
  { sub: "c-42", art: "/caf\u00e9", jti: "#{LIBRARY}-#{variant}" }.merge(more)
end

def show(variant, token)
  puts "#{variant}\t#{token}"
end

case LIBRARY
when "jwt"
  require "jwt"
  sign = ->(variant, more, key = SECRET, algorithm = "HS256", header = { kid: KID }) { show(variant, JWT.encode(claims(variant, more), key, algorithm, header)) }
  sign.call("default", TIMES)
  sign.call("float", FLOATS)
  sign.call("audience", TIMES.merge(aud: %w[web millrace]))
  sign.call("extra", TIMES.merge(EXTRA))
  sign.call("no-kid", TIMES, SECRET, "HS256", {})
  sign.call("hs512", TIMES, SECRET, "HS512")
  sign.call("decoded", TIMES, Base64.urlsafe_decode64(SECRET))
when "json/jwt"
  require "json/jwt"
  sign = lambda do |variant, more, kid = KID|
    jwt = JSON::JWT.new(claims(variant, more))
    jwt.kid = kid if kid
    show(variant, jwt.sign(SECRET, :HS256).to_s)
  end
  sign.call("default", TIMES)
  sign.call("extra", TIMES.merge(EXTRA))
  sign.call("audience", TIMES.merge(aud: %w[web millrace]))
  sign.call("no-kid", TIMES, nil)
else
  exit 2
end
