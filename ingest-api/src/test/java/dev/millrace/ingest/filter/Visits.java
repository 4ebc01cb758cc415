package dev.millrace.ingest.filter;

import com.google.common.net.InetAddresses;
import dev.millrace.common.token.Filter;
import java.net.InetAddress;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Visits for tests: a reader's, changed in one thing. */
final class Visits {
    static final String CHROME =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
    static final String GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    static final String SLACK = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)";
    static final String HEADLESS =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/141.0.0.0 Safari/537.36";
    static final InetAddress HOME = InetAddresses.forString("192.0.2.7");
    static final InetAddress HOSTED = InetAddresses.forString("198.51.100.20");
    static final Set<Filter> ALL = EnumSet.allOf(Filter.class);

    private Visits() {}

    static Visit reader() {
        return new Visit(true, CHROME, HOME, null, false, "gazette", "v-1", "c-42", "page-1", ALL);
    }

    static Visit of(@Nullable String userAgent) {
        Visit base = reader();
        return new Visit(true, userAgent, base.address(), null, false, "gazette", "v-1", "c-42", "page-1", ALL);
    }

    static Visit from(InetAddress address) {
        return new Visit(true, CHROME, address, null, false, "gazette", "v-1", "c-42", "page-1", ALL);
    }

    static Visit withPurpose(String purpose) {
        return new Visit(true, CHROME, HOME, purpose, false, "gazette", "v-1", "c-42", "page-1", ALL);
    }

    static Visit by(@Nullable String visitor, String page) {
        return new Visit(true, CHROME, HOME, null, false, "gazette", visitor, "c-42", page, ALL);
    }

    /** A server's event: its token has these claims, or none. */
    static Visit server(@Nullable String userAgent, @Nullable InetAddress address) {
        return new Visit(false, userAgent, address, null, false, "gazette", null, "c-42", "page-1", ALL);
    }

    /** All signs at once. */
    static Visit suspect(@Nullable String userAgent, Set<Filter> filters) {
        return new Visit(true, userAgent, HOSTED, "prefetch", true, "gazette", "c-42", "c-42", "page-1", filters);
    }
}
