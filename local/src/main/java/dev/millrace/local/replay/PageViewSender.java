package dev.millrace.local.replay;

import dev.millrace.client.ClientOptions;
import dev.millrace.client.Event;
import dev.millrace.client.MillraceClient;
import dev.millrace.client.Outcome;
import dev.millrace.local.mint.EventClaims;
import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import dev.millrace.local.replay.Replay.PageView;
import dev.millrace.local.replay.ReplayCounts.Kind;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Sends page views by the client that publishers use, and counts their outcomes. One thread uses it. */
final class PageViewSender implements Replay.Sink, AutoCloseable {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /** The log is read faster than it is sent: a batch that is not full waits for the end of the file. */
    private static final Duration LINGER = Duration.ofHours(1);

    private final MillraceClient client;
    private final TokenMint mint;
    private final Clock clock;
    private final ReplayCounts counts;

    /** The first page view without an answer ends the run. */
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * @param url where events go
     * @param patience how long nothing may get through before it gives up
     */
    PageViewSender(
            URI url, int batch, int inFlight, Duration patience, TokenMint mint, Clock clock, ReplayCounts counts) {
        this.client = new MillraceClient(ClientOptions.of(url)
                .withBatch(batch, LINGER)
                .withInFlight(inFlight)
                .withCapacity(batch * (inFlight + 1))
                .withTimeouts(REQUEST_TIMEOUT, patience)
                .withPauses(FIRST_PAUSE, LONGEST_PAUSE));
        this.mint = mint;
        this.clock = clock;
        this.counts = counts;
    }

    @Override
    public void send(PageView view) {
        stopAtFailure();
        EventClaims claims = EventClaims.of(view.creator(), view.article(), view.jti(), clock.instant());
        try {
            var _ = client.put(Event.view(mint.mint(claims)))
                    .whenComplete((outcome, failed) -> count(view, outcome, failed));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted", e);
        }
    }

    @Override
    public void finish() {
        client.closeWithin(ChronoUnit.FOREVER.getDuration());
        stopAtFailure();
    }

    /** Breaks off what is under way; after {@link #finish} nothing is. */
    @Override
    public void close() {
        client.closeWithin(Duration.ZERO);
    }

    private void stopAtFailure() {
        Throwable first = failure.get();
        if (first != null) {
            String message = Optional.ofNullable(first.getMessage()).orElse(first.toString());
            throw CommandException.failed(message, first);
        }
    }

    private void count(PageView view, @Nullable Outcome outcome, @Nullable Throwable failed) {
        String line = Long.toString(view.line());
        switch (outcome) {
            case null -> failure.compareAndSet(null, failed);
            case Outcome.Accepted() -> counts.add(Kind.ACCEPTED, 1);
            case Outcome.Duplicate() -> counts.add(Kind.DUPLICATE, 1);
            case Outcome.Filtered(String reason) -> counts.leaveOut("filtered (" + reason + ")", line);
            case Outcome.Rejected rejected -> {
                counts.add(Kind.REJECTED, 1);
                counts.leaveOut("rejected (" + rejected.code() + ")", line);
            }
        }
    }
}
