package dev.millrace.counters;

import com.google.common.hash.Hashing;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A Lua script, whose file documents its arguments and reply. It is sent by its hash, and in full where Redis does not know that hash (it forgets
 * when restarted). One that only reads is sent as such, so that a user of Redis who may only read its keys can run it. Thread-safe.
 */
final class Script {
    private static final String READING = "#!lua flags=no-writes";

    private final byte[] text;
    private final byte[] sha;
    private final CommandType byHash;
    private final CommandType inFull;

    /** @param file name of the resource in this package */
    Script(String file) {
        this(resource(file));
    }

    /** The script, with the functions of {@code log.lua} behind its first line, which tells Redis how to run it. */
    static Script withLog(String file) {
        String text = new String(resource(file), StandardCharsets.UTF_8);
        int body = text.indexOf('\n') + 1;
        String log = new String(resource("log.lua"), StandardCharsets.UTF_8);
        return new Script((text.substring(0, body) + log + text.substring(body)).getBytes(StandardCharsets.UTF_8));
    }

    @SuppressWarnings("deprecation") // Redis names scripts by their SHA-1.
    Script(byte[] text) {
        this.text = text;
        boolean isReading = new String(text, StandardCharsets.UTF_8).startsWith(READING);
        this.byHash = isReading ? CommandType.EVALSHA_RO : CommandType.EVALSHA;
        this.inFull = isReading ? CommandType.EVAL_RO : CommandType.EVAL;
        this.sha = Hashing.sha1().hashBytes(text).toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] resource(String file) {
        try (InputStream in = Script.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing from this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(file + " can't be read", e);
        }
    }

    /**
     * Runs it. A failure with NOSCRIPT comes before anything has run, so sending the whole text then is safe.
     *
     * @param arguments adds number of keys, keys and arguments; asked again for a second sending
     */
    CompletableFuture<List<Object>> send(Link link, Consumer<CommandArgs<byte[], byte[]>> arguments) {
        return send(link, byHash, sha, arguments)
                .exceptionallyCompose(failure -> isNoScript(failure)
                        ? send(link, inFull, text, arguments)
                        : CompletableFuture.failedFuture(failure));
    }

    private static CompletableFuture<List<Object>> send(
            Link link, CommandType command, byte[] script, Consumer<CommandArgs<byte[], byte[]>> rest) {
        CommandArgs<byte[], byte[]> arguments = Link.arguments().add(script);
        rest.accept(arguments);
        return link.send(command, new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), arguments);
    }

    /** Runs it and waits. */
    List<Object> run(Link link, List<String> keys, Object... arguments) {
        return link.await(send(link, args -> {
            args.add(keys.size());
            keys.forEach(key -> args.addKey(Link.bytes(key)));
            for (Object argument : arguments) {
                if (argument instanceof byte[] bytes) {
                    args.add(bytes);
                } else {
                    args.add(Link.bytes(String.valueOf(argument)));
                }
            }
        }));
    }

    private static boolean isNoScript(Throwable failure) {
        Throwable cause = failure instanceof RedisRefusedException ? failure : failure.getCause();
        return cause != null && String.valueOf(cause.getMessage()).startsWith("NOSCRIPT");
    }
}
