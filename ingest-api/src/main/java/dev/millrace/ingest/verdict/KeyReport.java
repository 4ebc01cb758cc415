package dev.millrace.ingest.verdict;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.millrace.counters.LastVerdict;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the holder of a key is told.
 *
 * @param hours in which the publisher has verdicts, the newest first
 * @param last verdicts under the key, the newest first
 * @param warnings of what is wrong with the key's tokens, as this node sees it
 */
public record KeyReport(String publisher, String kid, List<Hour> hours, List<Last> last, List<KeyWarning> warnings) {

    /**
     * The events of an hour.
     *
     * @param hour its beginning
     * @param filtered by reason
     * @param rejected by code
     */
    public record Hour(
            Instant hour,
            long accepted,
            long duplicate,
            SortedMap<String, Long> filtered,
            SortedMap<String, Long> rejected) {
        static Hour of(long hour, Map<String, Long> counts) {
            SortedMap<String, Long> filtered = new TreeMap<>();
            SortedMap<String, Long> rejected = new TreeMap<>();
            counts.forEach((verdict, count) -> {
                int colon = verdict.indexOf(':');
                String cause = verdict.substring(colon + 1);
                if (verdict.startsWith("filtered:")) {
                    filtered.put(cause, count);
                } else if (verdict.startsWith("rejected:")) {
                    rejected.put(cause, count);
                }
            });
            return new Hour(
                    Instant.ofEpochSecond(hour * PublisherVerdicts.HOUR_SECONDS),
                    counts.getOrDefault("accepted", 0L),
                    counts.getOrDefault("duplicate", 0L),
                    filtered,
                    rejected);
        }
    }

    /**
     * Verdicts on events of one type, equal ones in a row.
     *
     * @param at when the last of them came
     * @param reason why they were filtered
     * @param code why they were rejected
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Last(
            Instant at,
            String type,
            String status,
            @Nullable String reason,
            @Nullable String code,
            long count) {
        static Last of(LastVerdict last) {
            int colon = last.verdict().indexOf(':');
            String status = colon < 0 ? last.verdict() : last.verdict().substring(0, colon);
            String cause = colon < 0 ? null : last.verdict().substring(colon + 1);
            return new Last(
                    Instant.ofEpochSecond(last.at()),
                    last.type(),
                    status,
                    status.equals("filtered") ? cause : null,
                    status.equals("rejected") ? cause : null,
                    last.count());
        }
    }
}
