package dev.millrace.ledger.catalog;

import dev.millrace.books.PublisherRegister;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.message.SettingException;
import dev.millrace.ledger.settings.LedgerSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;

/**
 * Counts the live keys of each master key. The service does not start while one of them has live keys and is not set: nodes with the same settings
 * would refuse all of their events. An operator sees by the metric when the last key of an old master key has ended.
 */
final class KeyCheck implements SmartLifecycle {
    private static final Logger log = LoggerFactory.getLogger(KeyCheck.class);
    private static final long SECONDS = 30;

    private final PublisherRegister register;
    private final MasterKeys masterKeys;
    private final MultiGauge keys;
    private volatile boolean running;

    KeyCheck(JdbcClient jdbc, LedgerSettings settings, MeterRegistry metrics) {
        this.register = new PublisherRegister(jdbc);
        this.masterKeys = settings.keys();
        this.keys = MultiGauge.builder("millrace.publisher.keys")
                .description("Keys of publishers that sign, by the master key that they were made under")
                .register(metrics);
    }

    @Override
    public void start() {
        Map<Integer, Long> live = count();
        TreeSet<Integer> missing = new TreeSet<>(live.keySet());
        missing.removeIf(version -> masterKeys.version(version).isPresent());
        if (!missing.isEmpty()) {
            throw new SettingException(
                    "live keys of publishers were made under master keys that are not set: %s. Set them beside the others in %s, until their last key is revoked or has expired; this service has %s"
                            .formatted(
                                    missing.stream()
                                            .map(version -> "v%d (%d keys)".formatted(version, live.get(version)))
                                            .collect(Collectors.joining(", ")),
                                    MasterKeys.VARIABLE,
                                    masterKeys));
        }
        running = true;
    }

    @Scheduled(fixedDelay = SECONDS, initialDelay = SECONDS, timeUnit = TimeUnit.SECONDS)
    void countAgain() {
        try {
            var _ = count();
        } catch (DataAccessException e) {
            log.debug("keys could not be counted", e); // the metric stays
        }
    }

    private Map<Integer, Long> count() {
        Map<Integer, Long> live = new TreeMap<>(register.liveByMaster());
        live.putIfAbsent(masterKeys.newestVersion(), 0L);
        keys.register(
                live.entrySet().stream()
                        .map(one -> Row.of(Tags.of("master", "v" + one.getKey()), one.getValue()))
                        .toList(),
                true);
        return live;
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** After the schema's check, before the server listens. */
    @Override
    public int getPhase() {
        return Integer.MIN_VALUE + 1;
    }
}
