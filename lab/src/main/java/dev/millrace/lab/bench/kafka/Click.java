package dev.millrace.lab.bench.kafka;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/**
 * An event; its key in the topic is the creator.
 *
 * @param id by which it counts once
 * @param micros what it pays
 */
public record Click(String id, long micros) {
    /** Eight bytes of micros, then the id. */
    static Serde<Click> serde() {
        return Serdes.serdeFrom(serializer(), deserializer());
    }

    public static Serializer<Click> serializer() {
        return (topic, click) -> {
            byte[] id = click.id.getBytes(StandardCharsets.UTF_8);
            return ByteBuffer.allocate(Long.BYTES + id.length)
                    .putLong(click.micros)
                    .put(id)
                    .array();
        };
    }

    private static Deserializer<Click> deserializer() {
        return (topic, bytes) -> new Click(
                new String(bytes, Long.BYTES, bytes.length - Long.BYTES, StandardCharsets.UTF_8),
                ByteBuffer.wrap(bytes).getLong());
    }
}
