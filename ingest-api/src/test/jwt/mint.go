// Mints event tokens with golang-jwt or go-jose: mint LIBRARY KID SECRET. A line a variant: its name, a tab, the token.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt"
	jose "gopkg.in/square/go-jose.v2"
	josejwt "gopkg.in/square/go-jose.v2/jwt"
)

func main() {
	library, kid, secret := os.Args[1], os.Args[2], []byte(os.Args[3])
	now := time.Now()
	claims := func(variant string, iat, exp any) map[string]any {
		return map[string]any{"sub": "c-42", "art": "/caf\u00e9", "jti": library + "-" + variant, "iat": iat, "exp": exp}
	}
	switch library {
	case "golang-jwt":
		sign := func(variant string, method jwt.SigningMethod, header bool, claims jwt.MapClaims) {
			token := jwt.NewWithClaims(method, claims)
			if header {
				token.Header["kid"] = kid
			}
			signed, err := token.SignedString(secret)
			if err != nil {
				panic(err)
			}
			fmt.Printf("%s\t%s\n", variant, signed)
		}
		sign("default", jwt.SigningMethodHS256, true, claims("default", now.Unix(), now.Add(time.Hour).Unix()))
		seconds := float64(now.Unix())
		sign("float", jwt.SigningMethodHS256, true, claims("float", seconds, seconds+3600.25))
		audience := claims("audience", now.Unix(), now.Add(time.Hour).Unix())
		audience["aud"] = jwt.ClaimStrings{"web", "millrace"}
		sign("audience", jwt.SigningMethodHS256, true, audience)
		sign("no-kid", jwt.SigningMethodHS256, false, claims("no-kid", now.Unix(), now.Add(time.Hour).Unix()))
		sign("hs512", jwt.SigningMethodHS512, true, claims("hs512", now.Unix(), now.Add(time.Hour).Unix()))
	case "go-jose":
		key := jose.SigningKey{Algorithm: jose.HS256, Key: secret}
		signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", kid))
		if err != nil {
			panic(err)
		}
		registered := josejwt.Claims{
			Subject: "c-42", ID: "go-jose-default", IssuedAt: josejwt.NewNumericDate(now), Expiry: josejwt.NewNumericDate(now.Add(time.Hour)),
		}
		signed, err := josejwt.Signed(signer).Claims(registered).Claims(map[string]any{"art": "/caf\u00e9"}).CompactSerialize()
		if err != nil {
			panic(err)
		}
		fmt.Printf("default\t%s\n", signed)
	default:
		os.Exit(2)
	}
}
