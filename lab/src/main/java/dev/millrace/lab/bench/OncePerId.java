package dev.millrace.lab.bench;

import dev.millrace.lab.load.Events;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;

/**
 * From an id to the micros that it pays, where it was not there for {@value #MINUTES} minutes. It is remembered in a window
 * store, whose old segments go as a whole, in the window that it came in; only this one and the one before matter.
 */
final class OncePerId implements FixedKeyProcessorSupplier<String, String, Long> {
    private static final String SEEN = "seen";
    private static final int MINUTES = 130;
    private static final Duration SPAN = Duration.ofMinutes(MINUTES);

    @Override
    public FixedKeyProcessor<String, String, Long> get() {
        return new Filter();
    }

    @Override
    public Set<StoreBuilder<?>> stores() {
        return Set.of(Stores.windowStoreBuilder(
                Stores.persistentWindowStore(SEEN, SPAN.multipliedBy(2), SPAN, false),
                Serdes.String(),
                Serdes.ByteArray()));
    }

    private static final class Filter extends ContextualFixedKeyProcessor<String, String, Long> {
        private static final byte[] NOTHING = {};

        @SuppressWarnings("NullAway.Init") // Kafka Streams calls init before it hands over events.
        private WindowStore<String, byte[]> seen;

        @Override
        public void init(FixedKeyProcessorContext<String, Long> context) {
            super.init(context);
            seen = context.getStateStore(SEEN);
        }

        /** Looked up by their window's start: two gets, where asking for a span of time would scan. */
        @Override
        public void process(FixedKeyRecord<String, String> click) {
            String id = click.value();
            long window = click.timestamp() - click.timestamp() % SPAN.toMillis();
            if (seen.fetch(id, window) == null && seen.fetch(id, window - SPAN.toMillis()) == null) {
                seen.put(id, NOTHING, window);
                context().forward(click.withValue(Events.MICROS));
            }
        }
    }
}
