package dev.millrace.local.replay;

import dev.millrace.common.key.HmacSha256;
import dev.millrace.common.token.ArticleId;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.replay.ReplayCounts.Kind;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads an access log line by line and hands its page views over, one by one.
 *
 * <p>One run, on the calling thread. The first page view that can't be sent ends the run. Every {@code jti} comes from the log
 * alone, so running it again completes it.
 */
final class Replay {
    /** A longer line is cut, which makes it unreadable: web servers write none. */
    static final int MAX_LINE_BYTES = 64 * 1024;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final int GZIP_MAGIC = 0x1f8b;

    /** A byte order mark, and a carriage return at the end. */
    private static final Pattern NONE_OF_A_LINE = Pattern.compile("^\u00ef\u00bb\u00bf|\r\\z");

    /** Also what feeds a reader. CUBOT makes phones. */
    static final Pattern ROBOT = Pattern.compile("(?<!\\bcu)bot|crawl|spider|slurp|feed", Pattern.CASE_INSENSITIVE);

    /** One visitor counts once per article in so many seconds. */
    private static final int WINDOW_SECONDS = 1800;

    /** 192 bits; a {@code jti} may have up to 64 characters. */
    private static final int JTI_CHARACTERS = 32;

    private final HmacSha256 key;
    private final int creators;
    private final ReplayCounts counts;

    /** The failure that ended the file too early. */
    private @Nullable IOException broken;

    /**
     * @param secret of the publisher's key, as printed
     * @param creators over how many creators the articles are spread, at least 1
     */
    Replay(String secret, int creators, ReplayCounts counts) {
        this.key = new HmacSha256(secret.getBytes(StandardCharsets.UTF_8));
        this.creators = creators;
        this.counts = counts;
    }

    /** A page view to be sent, with the number of its line in the log. */
    record PageView(long line, String creator, String article, String jti) {}

    /** Takes page views. */
    interface Sink {
        /**
         * Takes one; it may be sent later.
         *
         * @throws CommandException when this or an earlier one has failed for good
         */
        void send(PageView view);

        /** Waits until each is answered; throws as {@link #send} does. */
        default void finish() {}
    }

    /**
     * Sends the page views of this log, which may be compressed by gzip. What was read before the file breaks off is sent.
     *
     * @param progress runs before each line
     * @throws CommandException saying what failed and how far it got; or that no line is in the combined format, as a wrong
     *     call
     */
    void run(InputStream log, Sink sink, Runnable progress) {
        try (InputStream in = unpacked(new BufferedInputStream(log, BUFFER_BYTES))) {
            for (Optional<String> line = line(in); line.isPresent(); line = line(in)) {
                progress.run();
                pageView(line.get()).ifPresent(sink::send);
            }
            sink.finish();
        } catch (IOException e) {
            broken = e;
        } catch (CommandException e) {
            throw stopped(String.valueOf(e.getMessage()), e);
        }
        if (broken != null) {
            throw stopped("can't read on: " + broken.getMessage(), broken);
        }
        long lines = counts.get(Kind.LINES);
        if (lines > 0 && lines == counts.get(Kind.UNREADABLE)) {
            throw CommandException.wrongCall(
                    "none of the %d lines is in Apache's combined format: %s".formatted(lines, AccessLogLine.FORMAT));
        }
    }

    private CommandException stopped(String why, Exception cause) {
        long counted = counts.get(Kind.ACCEPTED) + counts.get(Kind.DUPLICATE);
        return CommandException.failed(
                "%s%nstopped at line %d: %d of %d page views sent were counted; simply run it again"
                        .formatted(why, counts.get(Kind.LINES), counted, counts.get(Kind.PAGE_VIEWS)),
                cause);
    }

    private static InputStream unpacked(BufferedInputStream in) throws IOException {
        in.mark(2);
        int magic = in.read() << 8 | in.read();
        in.reset();
        return magic == GZIP_MAGIC ? new BufferedInputStream(new GZIPInputStream(in, BUFFER_BYTES)) : in;
    }

    /** The next line with one character a byte, or empty at the end of the file. */
    private Optional<String> line(InputStream in) {
        StringBuilder line = new StringBuilder(1024);
        try {
            int next = in.read();
            boolean isEnd = next < 0;
            for (; next >= 0 && next != '\n'; next = in.read()) {
                if (line.length() < MAX_LINE_BYTES) {
                    line.append((char) next);
                }
            }
            return isEnd
                    ? Optional.empty()
                    : Optional.of(NONE_OF_A_LINE.matcher(line).replaceAll(""));
        } catch (IOException e) {
            broken = e;
            return Optional.empty();
        }
    }

    private Optional<PageView> pageView(String line) {
        counts.add(Kind.LINES, 1);
        long number = counts.get(Kind.LINES);
        AccessLogLine entry = AccessLogLine.parse(line).orElse(null);
        if (entry == null) {
            counts.add(Kind.UNREADABLE, 1);
            counts.leaveOut("unreadable", Long.toString(number));
        } else if (!isPageView(entry)) {
            return Optional.empty();
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
            return Optional.of(new PageView(number, creator(entry.article(), creators), entry.article(), jti(entry)));
        }
        return Optional.empty();
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
}
