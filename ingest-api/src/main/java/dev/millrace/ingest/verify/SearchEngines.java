package dev.millrace.ingest.verify;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hosts of search engines, from {@code search-engines.txt}. A line there is a host, which may also begin with
 * {@code www.} or {@code m.}; {@code *.} before it stands for any subdomain too, {@code .*} behind it for any country.
 */
final class SearchEngines {
    private static final String RESOURCE = "search-engines.txt";
    private static final Pattern ADDRESS =
            Pattern.compile("https?://([a-z0-9.-]+)(:[0-9]*)?([/?#].*)?", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** A country's part of a host: {@code com}, {@code de}, {@code co.uk}, {@code com.br}; and Catalonia's. */
    private static final Pattern COUNTRY = Pattern.compile("com|cat|(?:com?\\.)?[a-z]{2}");

    private final Set<String> hosts = new HashSet<>();
    private final Set<String> domains = new HashSet<>();
    private final Set<String> countries = new HashSet<>();

    private SearchEngines() {}

    /** The built-in list. */
    static SearchEngines builtIn() {
        SearchEngines engines = new SearchEngines();
        try (InputStream in = Objects.requireNonNull(SearchEngines.class.getResourceAsStream(RESOURCE), RESOURCE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            lines.lines().map(String::strip).filter(SearchEngines::isEntry).forEach(engines::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return engines;
    }

    private static boolean isEntry(String line) {
        return !line.isEmpty() && !line.startsWith("#");
    }

    private void add(String entry) {
        if (entry.startsWith("*.")) {
            domains.add(entry.substring(2));
        } else if (entry.endsWith(".*")) {
            countries.add(entry.substring(0, entry.length() - 2));
        } else {
            hosts.add(entry);
        }
    }

    /** Whether a page of a search engine has this address, which is that of a referrer. */
    boolean have(String address) {
        Matcher parts = ADDRESS.matcher(address);
        if (!parts.matches()) {
            return false;
        }
        String host = parts.group(1).toLowerCase(Locale.ROOT);
        String bare = host.replaceFirst("^(www|m)\\.", "");
        return hosts.contains(bare) || isInDomain(host) || isOfCountry(bare);
    }

    private boolean isInDomain(String host) {
        int at = 0;
        while (at >= 0) {
            String domain = host.substring(at);
            if (domains.contains(domain)) {
                return true;
            }
            int dot = domain.indexOf('.');
            at = dot < 0 ? -1 : at + dot + 1;
        }
        return false;
    }

    private boolean isOfCountry(String host) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            if (countries.contains(host.substring(0, dot))
                    && COUNTRY.matcher(host.substring(dot + 1)).matches()) {
                return true;
            }
        }
        return false;
    }
}
