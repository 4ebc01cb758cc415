package dev.millrace.ingest.tally;

import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.Base16;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** The script tally.lua: sent by its hash, and in full where Redis does not know that hash (it forgets when restarted). */
final class TallyScript {
    private final String text;
    private final String sha;

    TallyScript() {
        try (InputStream in = TallyScript.class.getResourceAsStream("/tally.lua")) {
            if (in == null) {
                throw new IllegalStateException("tally.lua is missing from this build");
            }
            byte[] bytes = in.readAllBytes();
            text = new String(bytes, StandardCharsets.UTF_8);
            sha = Base16.digest(bytes);
        } catch (IOException e) {
            throw new IllegalStateException("tally.lua can't be read", e);
        }
    }

    /**
     * Runs it. A failure with NOSCRIPT comes before anything has run, so sending the whole text then is safe.
     *
     * @return what {@link TallyReply} reads, one a section
     */
    CompletableFuture<List<Object>> run(StatefulRedisConnection<String, String> connection, TallyCall call) {
        RedisAsyncCommands<String, String> redis = connection.async();
        CompletionStage<List<Object>> reply =
                redis.dispatch(CommandType.EVALSHA, new NestedMultiOutput<>(StringCodec.UTF8), call.with(sha));
        return reply.exceptionallyCompose(failure -> isNoScript(failure)
                        ? redis.dispatch(CommandType.EVAL, new NestedMultiOutput<>(StringCodec.UTF8), call.with(text))
                        : CompletableFuture.failedFuture(failure))
                .toCompletableFuture();
    }

    private static boolean isNoScript(Throwable failure) {
        return failure instanceof RedisNoScriptException
                || (failure instanceof CompletionException && failure.getCause() instanceof RedisNoScriptException);
    }
}
