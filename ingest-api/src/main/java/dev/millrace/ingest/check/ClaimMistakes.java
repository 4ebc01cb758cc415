package dev.millrace.ingest.check;

import dev.millrace.common.message.Printable;
import dev.millrace.common.token.EventType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is wrong with the header and the claims of a token, whether its signature holds or not.
 *
 * @param now estimate of Redis' clock, Unix seconds
 */
record ClaimMistakes(@Nullable JsonNode header, JsonNode claims, long now) {
    /** The year 5138 in seconds, 1973 in milliseconds. */
    private static final long MILLISECONDS = 100_000_000_000L;

    /** March 1973. No token is as old, and no duration as long. */
    private static final long LONGEST_DURATION = 100_000_000;

    private static final long MINUTE = 60;
    private static final long QUARTER = 900;
    private static final long HOUR = 3_600;
    private static final long DAY = 86_400;

    /** A clock that is off by a time zone is so within these seconds. */
    private static final long NEAR = 90;

    /** The reader of a page that no cache has kept sends its view within so many seconds. */
    private static final long FRESH = 900;

    /** Minutes from UTC that some zone has beyond the whole hours from -12 to 14. */
    private static final Set<Long> BROKEN_ZONES =
            Set.of(-570L, -210L, -150L, 210L, 270L, 330L, 345L, 390L, 525L, 570L, 630L, 765L);

    private static final long WEST = -12 * MINUTE;
    private static final long EAST = 14 * MINUTE;

    private static final List<String> TIMES = List.of("iat", "nbf", "exp");
    private static final List<String> NUMBERS = List.of("iat", "nbf", "exp", "qty");
    private static final List<String> TEXTS = List.of("sub", "art", "jti", "vis", "ref", "ua", "ip");

    private static final Pattern NUMBER = Pattern.compile("\\s*-?[0-9]{1,19}(\\.[0-9]{1,9})?\\s*");

    /** Characters of a value. */
    private static final int MOST_SHOWN = 40;

    List<Hint> find() {
        return Stream.of(algorithm(), kid(), milliseconds(), duration(), types(), localTime())
                .flatMap(List::stream)
                .toList();
    }

    private List<Hint> algorithm() {
        JsonNode alg = header == null ? null : header.get("alg");
        if (alg == null || alg.asString("").equals("HS256")) {
            return List.of();
        }
        String shown = Printable.abbreviate(alg.asString(alg.toString()), MOST_SHOWN);
        if (shown.equalsIgnoreCase("none")) {
            return List.of(new Hint(
                    Mistake.ALGORITHM, "the token is not signed (alg none); sign it with HS256 and the secret"));
        }
        return List.of(
                shown.startsWith("HS")
                        ? Hint.of(Mistake.ALGORITHM, "alg is %s; set the library's algorithm to HS256", shown)
                        : Hint.of(
                                Mistake.ALGORITHM,
                                "alg is %s, which signs with a private key; Millrace takes HS256, with the secret for a key",
                                shown));
    }

    private List<Hint> kid() {
        if (header == null || header.has("kid")) {
            return List.of();
        }
        return List.of(new Hint(
                Mistake.KID_MISSING,
                claims.has("kid")
                        ? "kid stands among the claims; it belongs into the token's header, beside alg"
                        : "the token's header has no kid; libraries call it keyid, key_id or an additional header"));
    }

    private List<Hint> milliseconds() {
        List<String> names = TIMES.stream()
                .filter(name ->
                        number(name).filter(value -> value >= MILLISECONDS).isPresent())
                .toList();
        return names.isEmpty()
                ? List.of()
                : List.of(Hint.of(
                        Mistake.MILLISECONDS,
                        "%s %s like milliseconds; divide by 1000 to whole seconds",
                        String.join(" and ", names),
                        names.size() == 1 ? "looks" : "look"));
    }

    /** {@code exp} of a library that takes a lifetime, given to one that takes a time. */
    private List<Hint> duration() {
        long exp = number("exp").orElse(Long.MAX_VALUE);
        return exp > 0
                        && exp < LONGEST_DURATION
                        && number("iat").filter(iat -> iat > LONGEST_DURATION).isPresent()
                ? List.of(Hint.of(
                        Mistake.DURATION, "exp is %d, which looks like a duration; it takes iat + %d", exp, exp))
                : List.of();
    }

    private List<Hint> types() {
        List<Hint> found = new ArrayList<>();
        for (String name : NUMBERS) {
            JsonNode claim = claims.get(name);
            if (claim != null && claim.isString() && !claim.asString("").isEmpty()) {
                String text = claim.asString("");
                found.add(
                        NUMBER.matcher(text).matches()
                                ? Hint.of(
                                        Mistake.CLAIM_TYPE,
                                        "%s is a text; write the number without quotes: %s",
                                        name,
                                        text.strip())
                                : Hint.of(
                                        Mistake.CLAIM_TYPE,
                                        "%s is a text; it takes %s",
                                        name,
                                        name.equals("qty") ? "a whole number" : "whole seconds since 1970, UTC"));
            }
        }
        for (String name : TEXTS) {
            JsonNode claim = claims.get(name);
            if (claim != null && claim.isNumber()) {
                String text = Printable.abbreviate(claim.toString(), MOST_SHOWN);
                found.add(Hint.of(Mistake.CLAIM_TYPE, "%s is a number; write it as a text: \"%s\"", name, text));
            }
        }
        JsonNode page = claims.get("pag");
        if (page != null
                && (page.isString() || page.isNumber())
                && !page.asString("").isEmpty()) {
            found.add(new Hint(Mistake.CLAIM_TYPE, "pag takes true, without quotes"));
        }
        return found;
    }

    private List<Hint> localTime() {
        long iat = number("iat").orElse(0L);
        if (iat <= LONGEST_DURATION || iat >= MILLISECONDS) {
            return List.of();
        }
        long ahead = iat - now;
        long minutes = Math.floorDiv(ahead + QUARTER / 2, QUARTER) * (QUARTER / MINUTE);
        long off = ahead - minutes * MINUTE;
        return isZone(minutes) && Math.abs(off) <= NEAR
                ? List.of(Hint.of(
                        Mistake.LOCAL_TIME,
                        "iat is %s from now, to the minute: is it local time? It takes UTC",
                        hours(minutes)))
                : List.of();
    }

    private static boolean isZone(long minutes) {
        boolean whole = minutes % MINUTE == 0 && minutes >= WEST && minutes <= EAST;
        return minutes != 0 && (whole || BROKEN_ZONES.contains(minutes));
    }

    private static String hours(long minutes) {
        return minutes % MINUTE == 0
                ? "%+d h".formatted(minutes / MINUTE)
                : "%s%d:%02d h"
                        .formatted(minutes < 0 ? "-" : "+", Math.abs(minutes) / MINUTE, Math.abs(minutes) % MINUTE);
    }

    /** Whether it is a token that a page token was exchanged for, or a page token, which pages keep. */
    boolean isOfPages() {
        return claims.path("pag").asBoolean(false)
                || claims.path("via").asString("").equals("page");
    }

    boolean isPage() {
        return claims.path("pag").asBoolean(false);
    }

    /** Whether the event token that a page token is exchanged for grants a type. */
    boolean pageGrants(String type) {
        JsonNode evt = claims.path("evt");
        Stream<JsonNode> named = evt.isArray() ? evt.valueStream() : Stream.of(evt);
        return EventType.named(type).filter(EventType::grantedByPage).isPresent()
                || named.anyMatch(name -> name.asString("").equals(type));
    }

    boolean has(String claim) {
        return !claims.path(claim).isMissingNode() && !claims.path(claim).isNull();
    }

    /** That an event token has lain somewhere. */
    Optional<Hint> cached() {
        long age = now - number("iat").orElse(now);
        long iat = number("iat").orElse(0L);
        if (iat <= LONGEST_DURATION || age < FRESH || isOfPages()) {
            return Optional.empty();
        }
        long over = now - number("exp").orElse(Long.MAX_VALUE);
        return Optional.of(Hint.of(
                Mistake.CACHED_PAGE,
                "the token was signed %s ago%s: a cached page? Its readers share one jti, so one of them counts. Fetch a token for each view (data-token-url), or use a page token",
                span(age),
                over >= 0 ? " and ended %s ago".formatted(span(over)) : ""));
    }

    static String span(long seconds) {
        if (seconds < 2 * MINUTE) {
            return seconds + " s";
        }
        if (seconds < 2 * HOUR) {
            return seconds / MINUTE + " min";
        }
        return seconds < 2 * DAY ? seconds / HOUR + " h" : seconds / DAY + " days";
    }

    /** A claim that is a number, or a text that is one, without its fraction. */
    private Optional<Long> number(String name) {
        JsonNode claim = claims.path(name);
        String text = claim.isNumber() || claim.isString() ? claim.asString("") : "";
        if (!NUMBER.matcher(text).matches()) {
            return Optional.empty();
        }
        return Optional.of(new BigDecimal(text.strip()).longValue());
    }
}
