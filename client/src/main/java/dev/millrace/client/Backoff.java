package dev.millrace.client;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * How long to wait before a request is sent again. The pause doubles with each attempt up to the longest, and is cut by chance
 * to between half and all of it, so that many clients don't come back at one moment. Where the edge names a time
 * ({@code Retry-After}, RFC 9110, 10.2.3), the pause is at least that and at most the longest.
 */
record Backoff(Duration first, Duration longest, RandomGenerator random, Clock clock) {
    /**
     * @param attempt number of the attempt that failed, from 1
     * @param retryAfter the header's value, where the answer had one
     */
    Duration pause(int attempt, Optional<String> retryAfter) {
        long most = first.toNanos();
        for (int i = 1; i < attempt && most < longest.toNanos(); i++) {
            most *= 2;
        }
        most = Math.min(most, longest.toNanos());
        Duration pause = Duration.ofNanos(random.nextLong(most / 2, most + 1));
        Duration named = retryAfter.map(String::strip).flatMap(this::named).orElse(Duration.ZERO);
        Duration wait = pause.compareTo(named) > 0 ? pause : named.plus(pause.dividedBy(4));
        return wait.compareTo(longest) > 0 ? longest : wait;
    }

    /** Seconds, or a date; empty where it is neither. */
    private Optional<Duration> named(String retryAfter) {
        if (retryAfter.matches("[0-9]{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(retryAfter)));
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Optional.of(Duration.between(clock.instant(), date.toInstant()));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
