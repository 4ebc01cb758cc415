package dev.millrace.ledger.creator;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.common.util.concurrent.AtomicLongMap;
import dev.millrace.service.problem.Problem;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import org.springframework.security.oauth2.jwt.Jwt;

/** How much of one kind may be under way at a time. A bound for each subject keeps one of them from taking what all share. Thread-safe. */
public final class SubjectLimit {
    private final String what;
    private final int most;
    private final int mostOfAll;
    private final Duration patience;
    private final AtomicLongMap<String> underWay = AtomicLongMap.create();
    private final Semaphore room;

    /**
     * @param what name of the limited reads, in the plural, for callers
     * @param most for one subject
     * @param mostOfAll for all subjects together
     * @param patience longest wait for another subject's to end
     */
    public SubjectLimit(String what, int most, int mostOfAll, Duration patience) {
        this.what = what;
        this.most = most;
        this.mostOfAll = mostOfAll;
        this.patience = patience;
        this.room = new Semaphore(mostOfAll, true);
    }

    /** Room for one, until it is closed. */
    public interface Taken extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Takes room for one more.
     *
     * @throws dev.millrace.service.problem.ProblemException {@code too-many-requests} where the subject has its share, {@code overloaded} where
     *     others have all the rest
     */
    public Taken take(Jwt caller) {
        String subject = Objects.requireNonNullElse(caller.getSubject(), "");
        if (underWay.incrementAndGet(subject) > most) {
            leave(subject);
            throw Problem.TOO_MANY_REQUESTS.because(
                    "the token's subject has %d %s at a time, the most for one subject", most, what);
        }
        if (!hasRoom()) {
            leave(subject);
            throw Problem.OVERLOADED.because("there are %d %s at a time, the most for all subjects", mostOfAll, what);
        }
        return () -> {
            room.release();
            leave(subject);
        };
    }

    private boolean hasRoom() {
        try {
            return room.tryAcquire(patience.toNanos(), NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void leave(String subject) {
        underWay.decrementAndGet(subject);
        underWay.removeIfZero(subject);
    }
}
