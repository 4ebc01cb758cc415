package dev.millrace.ingest.filter;

import com.google.common.base.Ticker;
import dev.millrace.common.message.OutageLog;
import dev.millrace.common.message.SettingException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's list of networks where servers are, and no readers; a file of {@link AddressRanges}. It is read again when it has changed,
 * and where the new one can't be read the old list stays in use. Thread-safe.
 */
public final class Datacenters implements AutoCloseable {
    /** The variable that names the file. */
    static final String SETTING = "MILLRACE_DATACENTERS";

    /** Of the file: some 900,000 networks. */
    private static final long MOST_BYTES = 16 << 20;

    private static final Logger log = LoggerFactory.getLogger(Datacenters.class);

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("datacenters").daemon().factory());
    private final @Nullable Path file;
    private final OutageLog outages;
    private volatile AddressRanges ranges = AddressRanges.parse(Stream.of());
    private @Nullable Version version;

    private Datacenters(@Nullable Path file, Ticker ticker) {
        this.file = file;
        this.outages = new OutageLog(SETTING + " can't be read again, the list before it stays", ticker);
    }

    /** An empty list. */
    public static Datacenters none() {
        return new Datacenters(null, Ticker.systemTicker());
    }

    /**
     * The list of this file.
     *
     * @throws SettingException where it can't be read, or a line of it is no network
     */
    public static Datacenters of(Path file, Ticker ticker) {
        Datacenters datacenters = new Datacenters(file, ticker);
        try {
            datacenters.read(file);
        } catch (IOException | IllegalArgumentException e) {
            throw new SettingException("%s: %s".formatted(SETTING, datacenters.mistake(e)));
        }
        return datacenters;
    }

    /** Whether this address is on the list. */
    public boolean have(InetAddress address) {
        return ranges.have(address);
    }

    /** How many ranges the list has. */
    public int size() {
        return ranges.size();
    }

    /** Reads the file again and again, where it has changed. */
    public void follow(Duration pause) {
        if (file != null) {
            var _ = thread.scheduleWithFixedDelay(
                    this::refresh, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /** Reads the file where it has changed. Called every ten seconds, so a change is in force within 20. */
    synchronized void refresh() {
        if (file == null) {
            return;
        }
        try {
            if (!Version.of(file).equals(version)) {
                read(file);
                log.info("{} is read again: {} ranges", SETTING, size());
            }
            outages.over();
        } catch (IOException | IllegalArgumentException e) {
            outages.failed(mistake(e));
        }
    }

    /** Reads it. A file that is being written is read the next time. */
    private synchronized void read(Path path) throws IOException {
        Version before = Version.of(path);
        if (before.size() > MOST_BYTES) {
            throw new IOException("it has %d bytes; at most %d are read".formatted(before.size(), MOST_BYTES));
        }
        String text = Files.readString(path, StandardCharsets.ISO_8859_1);
        AddressRanges next =
                AddressRanges.parse(text.replaceFirst("^\u00ef\u00bb\u00bf", "").lines());
        if (!Version.of(path).equals(before)) {
            throw new IOException("it changes while it is read");
        }
        ranges = next;
        version = before;
    }

    private String mistake(Exception e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no file %s; write one, or leave %s out".formatted(file, SETTING);
            case IllegalArgumentException _ -> "%s, %s".formatted(file, e.getMessage());
            default -> "%s: %s".formatted(file, e.getMessage());
        };
    }

    /** What tells a file from the one that was read: a changed time or size, or another file of its name. */
    private record Version(
            FileTime modified, long size, @Nullable Object key) {
        static Version of(Path file) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        }
    }
}
