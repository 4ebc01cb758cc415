package dev.millrace.ingest.check;

import com.google.common.base.Strings;
import dev.millrace.common.catalog.Catalog;
import dev.millrace.common.key.MasterKeys;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Kid;
import dev.millrace.common.token.Sandbox;
import dev.millrace.ingest.verify.Event;
import dev.millrace.ingest.verify.RejectionCode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds what publishers do wrong, for dry runs alone: it costs a hundred times what a verdict does. Thread-safe.
 */
public final class Hints {
    /** Tokens of one request whose signatures are looked into. */
    static final int MOST_SIGNATURES = 10;

    /** A publisher's other keys that are tried, the newest first. */
    private static final int MOST_KEYS = 20;

    private final MasterKeys masterKeys;

    public Hints(MasterKeys masterKeys) {
        this.masterKeys = masterKeys;
    }

    /**
     * For the events of one request.
     *
     * @param now estimate of Redis' clock, Unix seconds
     */
    public Run run(Catalog catalog, long now) {
        return new Run(catalog, now);
    }

    /** Reads each token once, however many events have it. Not thread-safe. */
    public final class Run {
        private final Catalog catalog;
        private final long now;
        private final Map<String, LooseToken> tokens = new HashMap<>();
        private final Map<String, List<Hint>> signatures = new HashMap<>();

        private Run(Catalog catalog, long now) {
            this.catalog = catalog;
            this.now = now;
        }

        /** What a person would read as the event's token. */
        public LooseToken token(Event event) {
            return tokens.computeIfAbsent(Strings.nullToEmpty(event.token()), LooseToken::of);
        }

        /**
         * What is probably wrong with an event, the most telling first.
         *
         * @param code why it is rejected; null: it is not
         */
        public List<Hint> of(Event event, @Nullable RejectionCode code) {
            LooseToken token = token(event);
            List<Hint> found = new ArrayList<>();
            if (code == RejectionCode.TOKEN_MALFORMED) {
                found.addAll(token.mistakes());
            } else if (code == RejectionCode.TOKEN_SIGNATURE) {
                found.addAll(signature(token));
            }
            if (token.payload() != null) {
                ClaimMistakes claims = new ClaimMistakes(token.header(), token.payload(), now);
                found.addAll(claims.find());
                found.addAll(ofPages(event, claims, code));
            }
            return found;
        }

        private List<Hint> ofPages(Event event, ClaimMistakes claims, @Nullable RejectionCode code) {
            List<Hint> found = new ArrayList<>();
            claims.cached().ifPresent(found::add);
            if (code == RejectionCode.TOKEN_MALFORMED && !claims.has("jti") && !claims.isPage()) {
                found.add(
                        new Hint(
                                Mistake.JTI_MISSING,
                                "an event token takes a jti of its own; a token for a cached page takes \"pag\": true and no jti"));
            }
            if (claims.isPage() && code == RejectionCode.TOKEN_EXPIRED) {
                found.add(new Hint(
                        Mistake.PAGE_TOKEN_ENDED, "the page token has ended; make the page anew, with a new one"));
            }
            if (claims.isPage() && code == RejectionCode.TYPE_NOT_GRANTED) {
                found.add(Hint.of(
                        Mistake.PAGE_TOKEN,
                        "this is a page token, which counts a %s alone; the page's script exchanges it for an event token at POST /v1/page%s",
                        EventType.VIEW,
                        claims.pageGrants(Strings.nullToEmpty(event.type()))
                                ? ""
                                : ", which grants %1$s only where the page token has \"evt\": [\"%1$s\"]"
                                        .formatted(event.type())));
            }
            if (code == RejectionCode.ORIGIN_NOT_LISTED) {
                found.add(
                        new Hint(
                                Mistake.SITE,
                                "a page token counts on the publisher's sites alone, which an operator lists; a dry run takes the page's in ?origin="));
            }
            return found;
        }

        private List<Hint> signature(LooseToken token) {
            List<Hint> known = signatures.get(token.text());
            if (known == null) {
                known = signatures.size() < MOST_SIGNATURES ? secret(token) : List.of();
                signatures.put(token.text(), known);
            }
            return known;
        }

        private List<Hint> secret(LooseToken token) {
            Optional<Kid> kid = Optional.ofNullable(token.header())
                    .flatMap(header -> Kid.parse(header.path("kid").asString("")));
            return kid.flatMap(this::secretOf)
                    .map(secret ->
                            new SecretMistakes(token.text(), kid.orElseThrow(), secret).find(others(kid.orElseThrow())))
                    .orElse(List.of());
        }

        private Optional<String> secretOf(Kid kid) {
            return masterKeys.publisherSecret(kid, catalog.terms(kid).master());
        }

        /**
         * Of the publisher's other keys, and of its sandbox's or the sandbox' publisher's. Going live is another kid and another secret: one of them is
         * easily forgotten.
         */
        private Map<Kid, String> others(Kid kid) {
            Map<Kid, String> secrets = new LinkedHashMap<>();
            keys(kid.publisher()).filter(other -> !other.equals(kid)).forEach(other -> put(secrets, other));
            keys(Sandbox.counterpart(kid.publisher())).forEach(other -> put(secrets, other));
            return secrets;
        }

        private void put(Map<Kid, String> secrets, Kid kid) {
            secretOf(kid).ifPresent(secret -> secrets.put(kid, secret));
        }

        private Stream<Kid> keys(String publisher) {
            Catalog.Publisher known = catalog.publishers().get(publisher);
            return known == null
                    ? Stream.of()
                    : Stream.of(known.live(), known.revoked())
                            .flatMap(Collection::stream)
                            .sorted(Comparator.reverseOrder())
                            .limit(MOST_KEYS)
                            .map(number -> new Kid(publisher, number));
        }
    }
}
