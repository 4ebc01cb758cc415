package dev.millrace.books;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;
import tools.jackson.databind.json.JsonMapper;

/**
 * The answers to requests that carried a key of their own, so that a repetition after a lost answer gets the first one. Runs in the transaction of
 * what is asked for.
 */
public final class Idempotency {
    private static final JsonMapper JSON = JsonMapper.shared();

    private final JdbcClient jdbc;

    public Idempotency(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** The key was used before for another request. */
    public static final class ConflictException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ConflictException(String key) {
            super("the key '%s' was used before, with another content".formatted(key));
        }
    }

    /**
     * A request.
     *
     * @param operation method and path
     * @param key the caller's, 1 to 255 characters
     * @param content all that the request asks for, as Jackson writes it
     */
    public record Request(String operation, String key, Object content) {
        byte[] digest() {
            return Hashing.sha256()
                    .hashString(JSON.writeValueAsString(content), StandardCharsets.UTF_8)
                    .asBytes();
        }
    }

    /**
     * The answer that the request got before. A request with the same key waits until this transaction has ended.
     *
     * @throws ConflictException when it was another request
     */
    public <T> Optional<T> before(Request request, Class<T> answer) {
        jdbc.sql("SELECT pg_advisory_xact_lock(hashtextextended(:operation || chr(10) || :key, 0))")
                .param("operation", request.operation())
                .param("key", request.key())
                .query()
                .singleRow();
        return jdbc.sql("SELECT digest, answer FROM idempotency WHERE operation = :operation AND key = :key")
                .param("operation", request.operation())
                .param("key", request.key())
                .query((row, _) -> {
                    if (!Arrays.equals(row.getBytes("digest"), request.digest())) {
                        throw new ConflictException(request.key());
                    }
                    return JSON.readValue(row.getString("answer"), answer);
                })
                .optional();
    }

    /** Keeps the answer to a request. */
    public void keep(Request request, Object answer) {
        jdbc.sql(
                        "INSERT INTO idempotency (operation, key, digest, answer) VALUES (:operation, :key, :digest, :answer::jsonb)")
                .param("operation", request.operation())
                .param("key", request.key())
                .param("digest", request.digest())
                .param("answer", JSON.writeValueAsString(answer))
                .update();
    }
}
