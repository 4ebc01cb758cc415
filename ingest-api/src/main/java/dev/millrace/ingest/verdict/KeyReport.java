package dev.millrace.ingest.verdict;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.millrace.counters.LastVerdict;
import dev.millrace.counters.VerdictCounts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
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
     */
    public record Hour(Instant hour, @JsonUnwrapped VerdictCounts counts) {
        static Hour of(long hour, Map<String, Long> counts) {
            return new Hour(Instant.ofEpochSecond(hour * PublisherVerdicts.HOUR_SECONDS), VerdictCounts.of(counts));
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
            return new Last(
                    Instant.ofEpochSecond(last.at()),
                    last.type(),
                    last.status(),
                    last.reason(),
                    last.code(),
                    last.count());
        }
    }
}
