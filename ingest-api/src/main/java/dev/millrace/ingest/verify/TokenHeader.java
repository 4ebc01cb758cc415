package dev.millrace.ingest.verify;

import dev.millrace.common.token.Kid;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The header of an event token: HS256 and a kid, whatever else it holds, as long as nothing there is critical. */
final class TokenHeader {
    private TokenHeader() {}

    static Kid kid(String json) throws MalformedToken {
        Map<String, JsonNode> header = TokenJson.object("header", json);
        JsonNode algorithm = header.get("alg");
        if (algorithm == null
                || !algorithm.isString()
                || !algorithm.stringValue().equals("HS256")) {
            throw new MalformedToken("alg is %s; only \"HS256\" is accepted".formatted(Shown.of(algorithm)));
        }
        if (header.containsKey("crit")) {
            throw new MalformedToken("crit is not supported (RFC 7515, 4.1.11)");
        }
        JsonNode kid = header.get("kid");
        if (kid == null || !kid.isString()) {
            throw new MalformedToken("kid is %s; it is <publisher>.<number>".formatted(Shown.of(kid)));
        }
        return Kid.parse(kid.stringValue())
                .orElseThrow(
                        () -> new MalformedToken("kid is %s; it is <publisher>.<number>".formatted(Shown.of(kid))));
    }
}
