package dev.millrace.local.replay;

import dev.millrace.local.mint.TokenMint;
import dev.millrace.local.process.CommandException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Reads an access log line by line and sends its page views in batches, several at a time, with bounded memory.
 *
 * <p>One run. The calling thread reads; each batch is a virtual thread that waits for its answer. The first batch that
 * fails for good ends the run; since every {@code jti} comes from the log alone, running it again completes it.
 */
public final class Replay {
    /** What a request may weigh: well below the server's 512 KiB once encoded as base64. */
    private static final int MAX_BATCH_BYTES = 350_000;

    /** What a token weighs besides its article, before base64. */
    private static final int TOKEN_BYTES = 200;

    /** The most bytes that a character takes in UTF-8. */
    private static final int CHARACTER_BYTES = 3;

    private final ReplayPlan plan;
    private final Clock clock;
    private final ReplayProgress progress;
    private final PageViews pageViews;
    private final VisitKeys visitKeys;
    private final TokenMint mint;
    private final Sender sender;
    private final ExecutorService senders = Executors.newVirtualThreadPerTaskExecutor();
    private final Semaphore inFlight;
    private final RunningCounts counts = new RunningCounts();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<PageView> batch = new ArrayList<>();
    private int batchBytes;

    public Replay(ReplayPlan plan, Clock clock, ReplayProgress progress) {
        this.plan = plan;
        this.clock = clock;
        this.progress = progress;
        this.pageViews = new PageViews(plan.creators());
        this.visitKeys = new VisitKeys(plan.secret());
        this.mint = TokenMint.forPublisher(plan.kid(), plan.secret());
        this.sender = new Sender(plan.url(), plan.patience());
        this.inFlight = new Semaphore(plan.inFlight());
    }

    /**
     * Sends the page views of this log; closes it.
     *
     * @throws CommandException saying what the server answered and how far it got
     * @throws InterruptedException when interrupted; batches in flight are abandoned
     */
    public ReplayCounts run(InputStream log) throws IOException, InterruptedException {
        try (LogLines lines = new LogLines(log)) {
            String line;
            while (failure.get() == null && (line = lines.next()) != null) {
                Optional<PageView> view = viewIn(line);
                if (view.isPresent()) {
                    add(view.get());
                }
                progress.at(lines.bytes(), counts.now());
            }
            submit();
            inFlight.acquire(plan.inFlight());
        } finally {
            senders.shutdownNow();
            sender.close();
        }
        complain();
        return counts.now();
    }

    /** The counts so far; for a run that did not end well. */
    public ReplayCounts counts() {
        return counts.now();
    }

    /** Lines for people about what was left out. */
    public List<String> remarks() {
        return counts.remarks();
    }

    private Optional<PageView> viewIn(String line) {
        long number = counts.line();
        Optional<LogEntry> parsed = LogEntry.parse(line);
        if (parsed.isEmpty()) {
            counts.unreadable(number);
        }
        return parsed.filter(PageViews::isPageView).filter(this::isByPerson).map(this::viewOf);
    }

    private boolean isByPerson(LogEntry entry) {
        boolean robot = PageViews.isRobot(entry);
        if (robot) {
            counts.robot();
        }
        return !robot;
    }

    private PageView viewOf(LogEntry entry) {
        counts.pageView();
        return new PageView(pageViews.creatorOf(entry.path()), entry.path(), visitKeys.jti(entry));
    }

    private void add(PageView view) throws InterruptedException {
        int bytes = TOKEN_BYTES + CHARACTER_BYTES * view.article().length();
        if (batch.size() == plan.batch() || batchBytes + bytes > MAX_BATCH_BYTES) {
            submit();
        }
        batch.add(view);
        batchBytes += bytes;
    }

    private void submit() throws InterruptedException {
        if (!batch.isEmpty() && !plan.dryRun()) {
            Batch full = new Batch(batch, mint, clock);
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

    private void send(Batch full) {
        try {
            counts.verdicts(sender.send(full));
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
        Throwable cause = failure.get();
        if (cause == null) {
            return;
        }
        if (!(cause instanceof CommandException)) {
            throw new IllegalStateException("the replay failed", cause);
        }
        ReplayCounts reached = counts.now();
        throw CommandException.failed(
                "%s%nstopped at line %d: %d of %d page views sent were counted; simply run it again"
                        .formatted(
                                cause.getMessage(),
                                reached.lines(),
                                reached.accepted() + reached.duplicate(),
                                reached.pageViews()));
    }
}
