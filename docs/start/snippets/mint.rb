# frozen_string_literal: true

# Mints Millrace tokens with Ruby's standard library. Ruby 2.7 or later.
#
#   MILLRACE_KID=demo.1 MILLRACE_SECRET=… ruby mint.rb event CREATOR ARTICLE VISITOR
#   MILLRACE_KID=demo.1 MILLRACE_SECRET=… ruby mint.rb page CREATOR ARTICLE
require 'json'
require 'openssl'

# The functions have no state: any thread may call them.
module MillraceMint
  HALF_HOUR = 1800
  HOUR = 3600
  DAY = 86_400

  module_function

  # A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same jti.
  #
  # visitor: your own id of the reader, such as a session's; it leaves this method hashed.
  # more: further claims: ref: …, or evt: ['comment'], qty: 42, jti: 'comment-7'.
  def event_token(secret, kid, creator, article, visitor, **more)
    now = Time.now.to_i
    jti = hmac(secret, "#{visitor}\n#{article}\n#{now / HALF_HOUR}")
    vis = hmac(secret, "visitor\n#{visitor}")
    sign(secret, kid, { sub: creator, art: article, jti: jti, vis: vis, iat: now, exp: now + HOUR, **more })
  end

  # A token for a page that is cached or static. It names no reader. At most 400 days.
  def page_token(secret, kid, creator, article, days = 30, **more)
    now = Time.now.to_i
    sign(secret, kid, { sub: creator, art: article, pag: true, iat: now, exp: now + days * DAY, **more })
  end

  def sign(secret, kid, claims)
    signed = [{ alg: 'HS256', kid: kid }, claims].map { |part| base64url(JSON.generate(part)) }.join('.')
    "#{signed}.#{hmac(secret, signed)}"
  end

  # The secret's own characters are the key: don't decode them from base64.
  def hmac(secret, text)
    base64url(OpenSSL::HMAC.digest('SHA256', secret, text))
  end

  def base64url(octets)
    [octets].pack('m0').tr('+/', '-_').delete('=')
  end
end

if $PROGRAM_NAME == __FILE__
  kind, *names = ARGV
  mint = { ['event', 3] => :event_token, ['page', 2] => :page_token }[[kind, names.size]]
  secret, kid = ENV.values_at('MILLRACE_SECRET', 'MILLRACE_KID')
  if secret.to_s.empty? || kid.to_s.empty? || mint.nil?
    abort 'usage: MILLRACE_KID=… MILLRACE_SECRET=… ruby mint.rb event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE'
  end
  puts MillraceMint.public_send(mint, secret, kid, *names)
end
