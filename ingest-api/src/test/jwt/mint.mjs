// Mints event tokens with a library: node mint.mjs LIBRARY KID SECRET. A line a variant: its name, a tab, the token.
// The libraries are found in the folder node_modules of the working directory.
import { createRequire } from "node:module";

const [library, kid, secret] = process.argv.slice(2);
const require = createRequire(process.cwd() + "/");
const print = (variant, token) => console.log(variant + "\t" + token);
const claims = (variant, more) => ({ sub: "c-42", art: "/caf\u00e9", jti: library + "-" + variant, ...more });
const now = Math.floor(Date.now() / 1000);
const times = { iat: now, exp: now + 3600 };
const extra = { iss: "https://news.example", name: "Ann", roles: ["a", "b"], nested: { a: [1, { b: null }] }, admin: false };

if (library === "jsonwebtoken") {
  const jwt = require("jsonwebtoken");
  print("default", jwt.sign(claims("default"), secret, { keyid: kid, expiresIn: "1h" }));
  print("float", jwt.sign(claims("float", { iat: Date.now() / 1000, exp: Date.now() / 1000 + 3600 }), secret, { keyid: kid }));
  print("audience", jwt.sign(claims("audience"), secret, { keyid: kid, expiresIn: 3600, audience: ["web", "millrace"], notBefore: "0s" }));
  print("audience-of-others", jwt.sign(claims("others"), secret, { keyid: kid, expiresIn: 3600, audience: "https://news.example" }));
  print("extra", jwt.sign(claims("extra", extra), secret, { keyid: kid, expiresIn: 3600, header: { typ: "at+jwt", cty: "json" } }));
  print("no-exp", jwt.sign(claims("no-exp"), secret, { keyid: kid }));
  print("no-kid", jwt.sign(claims("no-kid"), secret, { expiresIn: "1h" }));
  print("hs512", jwt.sign(claims("hs512"), secret, { keyid: kid, expiresIn: "1h", algorithm: "HS512" }));
  print("decoded", jwt.sign(claims("decoded"), Buffer.from(secret, "base64"), { keyid: kid, expiresIn: "1h" }));
  print("milliseconds", jwt.sign(claims("ms", { iat: Date.now(), exp: Date.now() + 3600000 }), secret, { keyid: kid }));
} else if (library === "jose") {
  const { SignJWT } = await import(require.resolve("jose"));
  const sign = (variant, more, header, key) =>
    new SignJWT(claims(variant, more)).setProtectedHeader({ alg: "HS256", kid, ...header }).setIssuedAt().setExpirationTime("1h")
      .sign(new TextEncoder().encode(secret));
  print("default", await sign("default"));
  print("extra", await sign("extra", extra, { typ: "JWT" }));
  print("audience", await new SignJWT(claims("audience")).setProtectedHeader({ alg: "HS256", kid }).setAudience(["millrace", "web"])
    .setNotBefore("0s").setIssuedAt(now).setExpirationTime("2h").sign(new TextEncoder().encode(secret)));
} else if (library === "fast-jwt") {
  const { createSigner } = require("fast-jwt");
  const sign = (variant, more, options) => createSigner({ key: secret, kid, expiresIn: "1h", ...options })(claims(variant, more));
  print("default", sign("default"));
  print("audience", sign("audience", {}, { aud: ["web", "millrace"], notBefore: 0 }));
  print("extra", sign("extra", extra, { iss: "https://news.example" }));
  print("no-kid", createSigner({ key: secret, expiresIn: "1h" })(claims("no-kid")));
} else if (library === "jwt-simple") {
  const jwt = require("jwt-simple");
  const options = { header: { kid } };
  print("default", jwt.encode(claims("default", times), secret, "HS256", options));
  print("float", jwt.encode(claims("float", { iat: Date.now() / 1000, exp: Date.now() / 1000 + 3600 }), secret, "HS256", options));
  print("extra", jwt.encode(claims("extra", { ...times, ...extra }), secret, "HS256", options));
  print("audience", jwt.encode(claims("audience", { ...times, aud: ["web", "millrace"] }), secret, "HS256", options));
  print("no-iat", jwt.encode(claims("no-iat", { exp: now + 3600 }), secret, "HS256", options));
  print("text-times", jwt.encode(claims("text", { iat: String(now), exp: String(now + 3600) }), secret, "HS256", options));
  print("no-kid", jwt.encode(claims("no-kid", times), secret));
} else if (library === "njwt") {
  const jwt = require("njwt").create(claims("default"), secret);
  print("no-kid", jwt.compact());
  jwt.header.kid = kid;
  print("default", jwt.compact());
} else {
  process.exit(2);
}
