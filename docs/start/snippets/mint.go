// Mints Millrace tokens with Go's standard library. Go 1.18 or later.
//
//	MILLRACE_KID=demo.1 MILLRACE_SECRET=… go run mint.go event CREATOR ARTICLE VISITOR
//	MILLRACE_KID=demo.1 MILLRACE_SECRET=… go run mint.go page CREATOR ARTICLE
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"
)

const (
	halfHour = 1800
	hour     = 3600
	day      = 86400
)

// Claims of a token, by name.
type Claims map[string]any

// EventToken is a token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the
// same jti.
//
// visitor is your own id of the reader, such as a session's; it leaves this function hashed. more are further claims, or
// nil: {"ref": …}, or {"evt": []string{"comment"}, "qty": 42, "jti": "comment-7"}.
func EventToken(secret, kid, creator, article, visitor string, more Claims) (string, error) {
	now := time.Now().Unix()
	claims := Claims{
		"sub": creator, "art": article, "iat": now, "exp": now + hour,
		"jti": sum(secret, visitor+"\n"+article+"\n"+strconv.FormatInt(now/halfHour, 10)),
		"vis": sum(secret, "visitor\n"+visitor),
	}
	return sign(secret, kid, claims, more)
}

// PageToken is a token for a page that is cached or static. It names no reader. At most 400 days.
func PageToken(secret, kid, creator, article string, days int64, more Claims) (string, error) {
	now := time.Now().Unix()
	claims := Claims{"sub": creator, "art": article, "pag": true, "iat": now, "exp": now + days*day}
	return sign(secret, kid, claims, more)
}

func sign(secret, kid string, claims, more Claims) (string, error) {
	for name, value := range more {
		claims[name] = value
	}
	header, err := json.Marshal(Claims{"alg": "HS256", "kid": kid})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + sum(secret, signed), nil
}

// sum is an HMAC. The secret's own characters are the key: don't decode them from base64.
func sum(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func main() {
	secret, kid, args := os.Getenv("MILLRACE_SECRET"), os.Getenv("MILLRACE_KID"), os.Args[1:]
	var token string
	var err error
	switch {
	case secret != "" && kid != "" && len(args) == 4 && args[0] == "event":
		token, err = EventToken(secret, kid, args[1], args[2], args[3], nil)
	case secret != "" && kid != "" && len(args) == 3 && args[0] == "page":
		token, err = PageToken(secret, kid, args[1], args[2], 30, nil)
	default:
		fmt.Fprintln(os.Stderr, "usage: MILLRACE_KID=… MILLRACE_SECRET=… go run mint.go event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(token)
}
