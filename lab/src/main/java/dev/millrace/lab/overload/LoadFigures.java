package dev.millrace.lab.overload;

import dev.millrace.lab.command.Percentiles;
import dev.millrace.lab.load.Delivery;
import dev.millrace.lab.load.Score;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Requests that arrived at a fixed rate: a level, events while balances were read, honest events in a flood.
 *
 * @param name for people
 * @param percent of peak
 * @param offered events a second
 * @param accepted events a second that were accepted in time
 * @param requests that arrived
 * @param times of those accepted, since they were due
 * @param others arrivals that were not accepted, by the reason
 * @param shedTimes of refusals, since they were due, or null where there were none
 * @param p99OfAll milliseconds within which 99 % of all were accepted, infinite where fewer were
 * @param backSeconds from the end of a level beyond peak until it was normal again, or null where it was not
 * @param connections that it took
 * @param mibOfFirstHalf most memory of ingest-api that was resident until half of the time was over
 * @param mib the same for all of the time
 * @param redisSeconds of CPU
 * @param beside answers to replays or of balances that were sent beside, or null where there were none
 * @param lostMicros acknowledged and not in the ledger
 */
record LoadFigures(
        String name,
        int percent,
        double offered,
        double accepted,
        long requests,
        Percentiles times,
        Map<String, Long> others,
        @Nullable Percentiles shedTimes,
        double p99OfAll,
        @Nullable Double backSeconds,
        int connections,
        long mibOfFirstHalf,
        long mib,
        double redisSeconds,
        @Nullable Beside beside,
        long lostMicros) {
    /**
     * What was sent beside the events: balances that were read, replays.
     *
     * @param times of requests accepted, since they were due
     * @param others requests that were not accepted, by the reason
     * @param counted events that counted; 0 for replays
     * @param duplicates events that had counted before
     */
    record Beside(Percentiles times, Map<String, Long> others, long counted, long duplicates) {
        static Beside of(Delivery delivery) {
            Score score = delivery.score();
            return new Beside(Percentiles.of(score.times()), score.others(), delivery.counted(), delivery.duplicates());
        }
    }

    /** Every arrival that was not accepted was told so, and when to come again. */
    boolean isAllAnswered() {
        return others.keySet().stream()
                .noneMatch(reason -> reason.equals(Score.LATE)
                        || reason.equals(Score.BROKEN)
                        || reason.endsWith(Score.WITHOUT_RETRY_AFTER));
    }
}
