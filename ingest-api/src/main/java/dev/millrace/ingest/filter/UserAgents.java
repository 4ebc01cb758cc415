package dev.millrace.ingest.filter;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import dev.millrace.common.token.Filter;
import java.util.Optional;

/** The kinds of user agents, each judged once while it is remembered. Thread-safe. */
final class UserAgents {
    /** Characters of a user agent that are judged. Browsers have 100 to 300; a longer one is cut, so that it costs no more. */
    static final int MOST_CHARACTERS = 512;

    /** Memory for remembered user agents, in bytes: some 15,000 of 200 characters. */
    private static final long MEMORY = 8 << 20;

    /** Bytes of an entry besides its text: the cache's node, a string, its array. */
    private static final int ENTRY = 150;

    private final UserAgentRules rules = UserAgentRules.builtIn();
    private final RobotList list = RobotList.builtIn();
    private final LoadingCache<String, Optional<Filter>> kinds = Caffeine.newBuilder()
            .executor(Runnable::run)
            .maximumWeight(MEMORY)
            .weigher((String userAgent, Optional<Filter> _) -> ENTRY + 2 * userAgent.length())
            .build(this::judge);

    /** ROBOT, PREVIEW or AUTOMATION; empty where it may be a reader's. */
    Optional<Filter> kind(String userAgent) {
        return kinds.get(userAgent.length() > MOST_CHARACTERS ? userAgent.substring(0, MOST_CHARACTERS) : userAgent);
    }

    private Optional<Filter> judge(String userAgent) {
        String text = UserAgentRules.prepared(userAgent);
        return rules.kind(text).or(() -> list.has(text) ? Optional.of(Filter.ROBOT) : Optional.empty());
    }

    String version() {
        return list.version();
    }
}
