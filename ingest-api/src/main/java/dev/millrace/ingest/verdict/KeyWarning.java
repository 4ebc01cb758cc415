package dev.millrace.ingest.verdict;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What is wrong with a publisher's tokens, as their duplicates show.
 *
 * @param code for programs
 * @param detail for people: the share, the cause and the remedy
 */
public record KeyWarning(Code code, String detail) {
    /** The names are part of the protocol. */
    public enum Code {
        JTI_WITHOUT_ARTICLE,
        TOKEN_CACHED;

        private final String wireName = name().toLowerCase(Locale.ROOT).replace('_', '-');

        @JsonValue
        @Override
        public String toString() {
            return wireName;
        }
    }

    static List<KeyWarning> of(DuplicateWindow.Sums sums) {
        List<KeyWarning> warnings = new ArrayList<>();
        if (sums.isRepeatedOverArticles()) {
            warnings.add(new KeyWarning(
                    Code.JTI_WITHOUT_ARTICLE,
                    "%d of %d duplicates of the last hour had a jti that had counted for another article; derive jti from visitor, article and half hour"
                            .formatted(sums.otherArticle(), sums.all())));
        }
        if (sums.isCached()) {
            warnings.add(new KeyWarning(
                    Code.TOKEN_CACHED,
                    "%d of %d duplicates of the last hour came from another address than the event before them with the same jti; the page is cached together with its token, so use data-token-url or page tokens"
                            .formatted(sums.otherAddress(), sums.all())));
        }
        return warnings;
    }
}
