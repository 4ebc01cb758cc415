package dev.millrace.lab.bench;

import dev.millrace.lab.load.Slabs;
import dev.millrace.local.mint.TokenMint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Events as requests to ingest-api, each with a token of its own, written out as they go over the wire. The bytes are
 * those that a publisher's server would send; only the JSON library is left out, since a round takes many of them.
 *
 * @param mint signs the tokens
 * @param slabs take the bytes; what they held before is void
 */
public record EventRequests(TokenMint mint, Slabs slabs) {
    private static final long LIFETIME_SECONDS = 3_600;

    /** Seconds since a token was issued when it is written out: an event counts also where Redis' clock is a little behind ours. */
    private static final long AGE_SECONDS = 90;

    private static final long MILLIS = 1_000;

    /** Bytes that an event takes, more or less. */
    private static final int EVENT = 400;

    /**
     * Uses every core.
     *
     * @param batch events in a request; 1 sends JSON, more NDJSON
     */
    public List<ByteBuffer> of(Events events, int batch) {
        slabs.clear();
        long issuedAt = System.currentTimeMillis() / MILLIS - AGE_SECONDS;
        return IntStream.range(0, Math.ceilDiv(events.size(), batch))
                .parallel()
                .mapToObj(request -> slabs.put(request(events, request * batch, batch, issuedAt)))
                .toList();
    }

    private ByteBuffer request(Events events, int first, int batch, long issuedAt) {
        int last = Math.min(events.size(), first + batch);
        StringBuilder body = new StringBuilder(batch * EVENT);
        for (int i = first; i < last; i++) {
            body.append("{\"token\":\"").append(token(events, i, issuedAt)).append("\",\"type\":\"view\"}");
            if (batch > 1) {
                body.append('\n');
            }
        }
        String head = """
                POST /v1/events HTTP/1.1\r
                Host: 127.0.0.1\r
                Content-Type: application/%s\r
                Prefer: return=minimal\r
                Content-Length: %d\r
                \r
                """.formatted(batch == 1 ? "json" : "x-ndjson", body.length());
        return ByteBuffer.wrap((head + body).getBytes(StandardCharsets.US_ASCII));
    }

    private String token(Events events, int i, long issuedAt) {
        return mint.sign("{\"sub\":\"" + events.creator(i) + "\",\"art\":\"" + events.article(i) + "\",\"jti\":\""
                + events.id(i) + "\",\"iat\":" + issuedAt + ",\"exp\":" + (issuedAt + LIFETIME_SECONDS) + "}");
    }
}
