// Mints event tokens with libjwt: mint LIBRARY KID SECRET. A line a variant: its name, a tab, the token.
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void show(const char *variant, const char *kid, const char *secret, jwt_alg_t algorithm) {
    jwt_t *jwt;
    char jti[64];
    long now = (long) time(NULL);
    if (jwt_new(&jwt)) {
        exit(1);
    }
    snprintf(jti, sizeof jti, "libjwt-%s", variant);
    jwt_add_grant(jwt, "sub", "c-42");
    jwt_add_grant(jwt, "art", "/caf\u00e9");
    jwt_add_grant(jwt, "jti", jti);
    jwt_add_grant_int(jwt, "iat", now);
    jwt_add_grant_int(jwt, "exp", now + 3600);
    if (kid) {
        jwt_add_header(jwt, "kid", kid);
    }
    jwt_set_alg(jwt, algorithm, (const unsigned char *) secret, (int) strlen(secret));
    char *token = jwt_encode_str(jwt);
    printf("%s\t%s\n", variant, token);
    free(token);
    jwt_free(jwt);
}

int main(int count, char **arguments) {
    if (count != 4) {
        return 2;
    }
    show("default", arguments[2], arguments[3], JWT_ALG_HS256);
    show("no-kid", NULL, arguments[3], JWT_ALG_HS256);
    show("hs512", arguments[2], arguments[3], JWT_ALG_HS512);
    return 0;
}
