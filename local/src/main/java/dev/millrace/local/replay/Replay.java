package dev.millrace.local.replay;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.token.ArticleId;
import dev.millrace.common.token.Kid;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.replay.ReplayCounts.Kind;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an access log line by line and sends its page views in batches, several at a time, with bounded memory.
 *
 * <p>One run. The calling thread reads; each batch is a virtual thread that waits for its answer. The first batch that fails
 * for good ends the run. Every {@code jti} comes from the log alone, so running it again completes it.
 */
public final class Replay {
    /** A longer line is cut, which makes it unreadable: web servers write none. */
    static final int MAX_LINE_BYTES = 64 * 1024;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int GZIP_MAGIC = 0x1f8b;
    private static final String BYTE_ORDER_MARK = "\u00ef\u00bb\u00bf";

    /** What a request may weigh: well below the server's 512 KiB once encoded as base64. */
    private static final int MAX_BATCH_BYTES = 350_000;

    /** What a token weighs besides its article, before base64. */
    private static final int TOKEN_BYTES = 200;

    /** The most bytes that a character takes in UTF-8. */
    private static final int CHARACTER_BYTES = 3;

    /** Also what feeds a reader. CUBOT makes phones. */
    static final Pattern ROBOT = Pattern.compile("(?<!\\bcu)bot|crawl|spider|slurp|feed", Pattern.CASE_INSENSITIVE);

    /** One visitor counts once per article in so many seconds. */
    private static final int WINDOW_SECONDS = 1800;

    /** 192 bits; a {@code jti} may have up to 64 characters. */
    private static final int JTI_CHARACTERS = 32;

    private final Plan plan;
    private final LongConsumer progress;
    private final HmacSha256 key;
    private final Sender sender;
    private final ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore inFlight;
    private final ReplayCounts counts = new ReplayCounts();
    private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    private final List<Sender.PageView> batch = new ArrayList<>();
    private int batchBytes;

    /**
     * How to replay.
     *
     * @param kid the publisher's key that signs the events
     * @param secret of that key, as printed
     * @param creators over how many creators the articles are spread, at least 1
     * @param url where events go
     * @param batch events a request, 1 to 1000; a request of long tokens has fewer
     * @param inFlight requests at a time, at least 1
     * @param patience how long nothing may get through before it gives up
     * @param dryRun counts only, sends nothing
     */
    public record Plan(
            Kid kid, String secret, int creators, URI url, int batch, int inFlight, Duration patience, boolean dryRun) {
        /** Without the secret. */
        @Override
        public String toString() {
            return "Plan[" + kid + " to " + url + "]";
        }
    }

    /** @param progress takes the number of page views after each line */
    public Replay(Plan plan, Clock clock, LongConsumer progress) {
        this.plan = plan;
        this.progress = progress;
        this.key = new HmacSha256(plan.secret().getBytes(StandardCharsets.UTF_8));
        this.sender = new Sender(plan.url(), plan.patience(), TokenMint.forPublisher(plan.kid(), plan.secret()), clock);
        this.inFlight = new Semaphore(plan.inFlight());
    }

    /** The counts so far. */
    public ReplayCounts counts() {
        return counts;
    }

    /**
     * Sends the page views of this log, which may be compressed by gzip.
     *
     * @throws CommandException saying what the server answered and how far it got; or that no line is in the combined format,
     *     as a wrong call
     * @throws InterruptedException when interrupted; batches in flight are abandoned
     */
    public void run(InputStream log) throws InterruptedException {
        try {
            read(log);
            submit();
            inFlight.acquire(plan.inFlight());
        } finally {
            senders.shutdownNow();
            sender.client().shutdownNow();
        }
        complain();
    }

    /** What was read before a failure is sent. */
    private void read(InputStream log) throws InterruptedException {
        try (InputStream in = unpacked(new BufferedInputStream(log, BUFFER_BYTES))) {
            readLines(in);
        } catch (IOException e) {
            failure.compareAndSet(null, CommandException.failed("can't read on: " + e.getMessage(), e));
        }
    }

    private static InputStream unpacked(BufferedInputStream in) throws IOException {
        in.mark(2);
        int magic = in.read() << 8 | in.read();
        in.reset();
        return magic == GZIP_MAGIC ? new BufferedInputStream(new GZIPInputStream(in, BUFFER_BYTES)) : in;
    }

    private void readLines(InputStream in) throws IOException, InterruptedException {
        StringBuilder line = new StringBuilder(1024);
        for (int next = in.read(); next >= 0 && failure.get() == null; next = in.read()) {
            line.setLength(0);
            for (; next >= 0 && next != '\n'; next = in.read()) {
                if (line.length() < MAX_LINE_BYTES) {
                    line.append((char) next);
                }
            }
            if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') {
                line.setLength(line.length() - 1);
            }
            take(line.indexOf(BYTE_ORDER_MARK) == 0 ? line.substring(BYTE_ORDER_MARK.length()) : line.toString());
            progress.accept(counts.get(Kind.PAGE_VIEWS));
        }
    }

    private void take(String line) throws InterruptedException {
        counts.add(Kind.LINES, 1);
        long number = counts.get(Kind.LINES);
        AccessLogLine entry = AccessLogLine.parse(line).orElse(null);
        if (entry == null) {
            counts.add(Kind.UNREADABLE, 1);
            counts.leaveOut("unreadable", Long.toString(number));
        } else if (!isPageView(entry)) {
            return;
        } else if (ROBOT.matcher(entry.agent()).find()) {
            counts.add(Kind.ROBOTS_SKIPPED, 1);
        } else if (!ArticleId.matches(entry.article())) {
            long characters = entry.article().codePoints().count();
            counts.add(Kind.TOO_LONG, 1);
            counts.leaveOut(
                    "too long (an article id takes %d characters)".formatted(ArticleId.MOST_CHARACTERS),
                    "%d (%d)".formatted(number, characters));
        } else {
            counts.add(Kind.PAGE_VIEWS, 1);
            add(new Sender.PageView(number, creator(entry.article(), plan.creators()), entry.article(), jti(entry)));
        }
    }

    /** A GET with status 200 or 304 of a page. */
    static boolean isPageView(AccessLogLine entry) {
        return entry.method().equals("GET")
                && (entry.status() == 200 || entry.status() == 304)
                && Article.isPage(entry.article());
    }

    /** {@code creator-<CRC32 of the article's UTF-8 bytes mod N>}. */
    static String creator(String article, int creators) {
        CRC32 crc = new CRC32();
        crc.update(article.getBytes(StandardCharsets.UTF_8));
        return "creator-" + crc.getValue() % creators;
    }

    /**
     * The first 32 base64url characters of HMAC-SHA256 over address, user agent, article and floor(time / 1800 s), parted by
     * line feeds, which none of them holds. It is the same for one visitor, article and half hour, and nobody but the
     * publisher can tell the visitor from it.
     */
    String jti(AccessLogLine entry) {
        long window = Math.floorDiv(entry.time().getEpochSecond(), WINDOW_SECONDS);
        String visit = entry.address() + "\n" + entry.agent() + "\n" + entry.article() + "\n" + window;
        byte[] hash = key.of(visit.getBytes(StandardCharsets.UTF_8));
        return Base64.getUrlEncoder().withoutPadding().encodeToString(hash).substring(0, JTI_CHARACTERS);
    }

    private void add(Sender.PageView view) throws InterruptedException {
        int bytes = TOKEN_BYTES + CHARACTER_BYTES * view.article().length();
        if (batch.size() == plan.batch() || batchBytes + bytes > MAX_BATCH_BYTES) {
            submit();
        }
        batch.add(view);
        batchBytes += bytes;
    }

    private void submit() throws InterruptedException {
        if (!batch.isEmpty() && !plan.dryRun()) {
            List<Sender.PageView> full = List.copyOf(batch);
            inFlight.acquire();
            try {
                senders.execute(() -> send(full));
            } catch (RejectedExecutionException e) {
                inFlight.release(); // Another batch has failed for good meanwhile.
            }
        }
        batch.clear();
        batchBytes = 0;
    }

    private void send(List<Sender.PageView> full) {
        try {
            sender.send(full, counts);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
            senders.shutdownNow();
        } finally {
            inFlight.release();
        }
    }

    private void complain() {
        RuntimeException cause = failure.get();
        long lines = counts.get(Kind.LINES);
        if (cause instanceof CommandException) {
            throw CommandException.failed(
                    "%s%nstopped at line %d: %d of %d page views sent were counted; simply run it again"
                            .formatted(
                                    cause.getMessage(),
                                    lines,
                                    counts.get(Kind.ACCEPTED) + counts.get(Kind.DUPLICATE),
                                    counts.get(Kind.PAGE_VIEWS)),
                    cause);
        }
        if (cause != null) {
            throw cause;
        }
        if (lines > 0 && lines == counts.get(Kind.UNREADABLE)) {
            throw CommandException.wrongCall(
                    "none of the %d lines is in Apache's combined format: %s".formatted(lines, AccessLogLine.FORMAT));
        }
    }
}
