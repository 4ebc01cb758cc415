package dev.millrace.ingest.verify;

import com.google.common.base.CharMatcher;
import dev.millrace.common.token.ArticleId;
import dev.millrace.common.token.CreatorId;
import dev.millrace.common.token.EventType;
import dev.millrace.common.token.Sandbox;
import dev.millrace.ingest.page.PageVisitors;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.nio.charset.CharacterCodingException;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The claims of an event token or a page token; all values are within their limits.
 *
 * @param creator {@code sub}
 * @param article {@code art}
 * @param jti idempotency key; empty in a page token
 * @param issuedAt {@code iat}, Unix seconds
 * @param notBefore {@code nbf}, Unix seconds; {@code iat} where the token leaves it out
 * @param expiresAt {@code exp}, Unix seconds
 * @param audience {@code aud}, or null where the token leaves it out
 * @param granted {@code evt}, or null where the token leaves it out
 * @param quantity {@code qty}, 1 where the token leaves it out
 * @param referrer {@code ref}, its first 2,048 characters, or null
 * @param visitor {@code vis}, or null
 * @param userAgent {@code ua}: the reader's, as the publisher's server saw it; its first 512 characters, or null
 * @param address {@code ip}: the reader's, as the publisher's server saw it, or null
 * @param page {@code pag}: whether it is a page token
 * @param exchanged {@code via} is {@code page}: whether visitor and jti derive from address and user agent, which may belong to many people
 */
record Claims(
        String creator,
        String article,
        String jti,
        long issuedAt,
        long notBefore,
        long expiresAt,
        @Nullable Set<String> audience,
        @Nullable Set<String> granted,
        long quantity,
        @Nullable String referrer,
        @Nullable String visitor,
        @Nullable String userAgent,
        @Nullable InetAddress address,
        boolean page,
        boolean exchanged) {
    /** What {@code via} says of a token that a page token was exchanged for. */
    static final String PAGE = "page";

    private static final int MOST_JTI = 64;
    private static final int MOST_REFERRER = 2_048;
    private static final int MOST_VISITOR = 64;
    private static final int MOST_USER_AGENT = 512;
    private static final int MOST_NAMES = 16;

    private static final CharMatcher CONTROL =
            CharMatcher.javaIsoControl().or(CharMatcher.inRange(Character.MIN_SURROGATE, Character.MAX_SURROGATE));

    /** Of an IPv6 address with an IPv4 address in it. */
    private static final int MOST_ADDRESS = 45;

    /** The last second of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;

    /**
     * Reads a decoded payload. An optional claim that is {@code null} or {@code ""} is the same as none, because that is
     * what many languages write for a value that they don't have. Claims it does not know are left alone.
     */
    static Claims read(byte[] payload) throws RejectedException {
        try (JsonParser json = JsonBytes.parser(payload, 0, payload.length)) {
            return new Reader(json).read();
        } catch (CharacterCodingException e) {
            throw CompactJws.notText("payload");
        } catch (JacksonException e) {
            throw CompactJws.notAnObject("payload", e);
        }
    }

    /**
     * The claims as this publisher's: a sandbox pays creators of its own.
     *
     * @throws RejectedException when a live publisher names a sandbox's creator
     */
    Claims of(String publisher) throws RejectedException {
        if (Sandbox.isPublisher(publisher)) {
            return new Claims(
                    Sandbox.creator(creator),
                    article,
                    jti,
                    issuedAt,
                    notBefore,
                    expiresAt,
                    audience,
                    granted,
                    quantity,
                    referrer,
                    visitor,
                    userAgent,
                    address,
                    page,
                    exchanged);
        }
        if (Sandbox.isCreator(creator)) {
            throw RejectedException.malformed(
                    "sub begins with %s; only publishers named test-… pay such creators", Sandbox.CREATOR);
        }
        return this;
    }

    /**
     * What a page token stands for where this visitor reads the page: an event token that begins now. Of a page that many read nothing else can be
     * known, so {@code ref}, {@code vis}, {@code ua}, {@code ip} and {@code qty} of a page token say nothing.
     *
     * @param now Unix seconds
     * @param lifetime most seconds that it lives
     */
    Claims readBy(PageVisitors.Visitor reader, Sender sender, long now, long lifetime) {
        Set<String> types = new TreeSet<>();
        for (EventType type : EventType.values()) {
            if (type.grantedByPage() || (granted != null && granted.contains(type.wireName()))) {
                types.add(type.wireName());
            }
        }
        return new Claims(
                creator,
                article,
                reader.jti(article, creator),
                now,
                now,
                Math.min(expiresAt, now + lifetime),
                audience,
                types,
                1,
                null,
                reader.vis(),
                sender.userAgent() == null ? null : clean(sender.userAgent()),
                sender.address(),
                false,
                true);
    }

    /** A header as a claim takes it. */
    private static @Nullable String clean(String header) {
        String text = cleaned(header);
        return text.isBlank() ? null : text.substring(0, Math.min(text.length(), MOST_USER_AGENT));
    }

    private static String cleaned(String text) {
        return ArticleId.isClean(text) ? text : CONTROL.replaceFrom(text, ' ');
    }

    boolean grants(EventType type) {
        return granted == null ? type.grantedByDefault() : granted.contains(type.wireName());
    }

    /** Whether the token is meant for this audience: one that names none is meant for any. */
    boolean isFor(String name) {
        return audience == null || audience.contains(name);
    }

    /** The claims read so far. */
    private static final class Reader {
        private static final long ABSENT = -1;

        /** So many digits and a sign fit into a {@code long}. */
        private static final int SURELY_LONG = 18;

        private final JsonParser json;
        private @Nullable String creator;
        private @Nullable String article;
        private @Nullable String jti;
        private long issuedAt = ABSENT;
        private long notBefore = ABSENT;
        private long expiresAt = ABSENT;
        private @Nullable Set<String> audience;
        private @Nullable Set<String> granted;
        private long quantity = 1;
        private @Nullable String referrer;
        private @Nullable String visitor;
        private @Nullable String userAgent;
        private @Nullable InetAddress address;
        private boolean page;
        private boolean exchanged;

        Reader(JsonParser json) {
            this.json = json;
        }

        Claims read() throws RejectedException {
            CompactJws.requireObject("payload", json);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                readClaim(name);
            }
            CompactJws.requireEnd("payload", json);
            return new Claims(
                    present("sub", creator),
                    present("art", article),
                    page ? "" : present("jti", jti),
                    present("iat", issuedAt),
                    notBefore == ABSENT ? issuedAt : notBefore,
                    present("exp", expiresAt),
                    audience,
                    granted,
                    quantity,
                    referrer,
                    visitor,
                    userAgent,
                    address,
                    page,
                    exchanged);
        }

        private void readClaim(String name) throws RejectedException {
            switch (name) {
                case "sub" -> creator = creator();
                case "art" -> article = text(name, ArticleId.MOST_CHARACTERS);
                case "jti" -> jti = text(name, MOST_JTI);
                case "iat" -> issuedAt = second(name);
                case "exp" -> expiresAt = second(name);
                default -> readOptional(name);
            }
        }

        private void readOptional(String name) throws RejectedException {
            if (isLeftOut()) {
                return;
            }
            switch (name) {
                case "nbf" -> notBefore = second(name);
                case "aud" -> audience = names(name, "audiences");
                case "evt" -> granted = names(name, "event types");
                case "qty" -> quantity = whole(name, 1, Integer.MAX_VALUE);
                case "ref" -> referrer = cut(name, MOST_REFERRER);
                case "vis" -> visitor = text(name, MOST_VISITOR);
                case "ua" -> userAgent = cut(name, MOST_USER_AGENT);
                case "ip" -> address = address(name);
                case "pag" -> page = truth(name);
                case "via" -> {
                    exchanged = json.currentToken() == JsonToken.VALUE_STRING
                            && json.getString().equals(PAGE);
                    json.skipChildren();
                }
                default -> json.skipChildren();
            }
        }

        private boolean isLeftOut() {
            return json.currentToken() == JsonToken.VALUE_NULL
                    || (json.currentToken() == JsonToken.VALUE_STRING && json.getStringLength() == 0);
        }

        private String creator() throws RejectedException {
            if (json.currentToken() != JsonToken.VALUE_STRING || !CreatorId.matches(json.getString())) {
                throw RejectedException.malformed("sub is %s; %s", JsonBytes.shown(json), CreatorId.RULE);
            }
            return json.getString();
        }

        private String text(String name, int most) throws RejectedException {
            String text = string(name, most);
            int length = text.codePointCount(0, text.length());
            if (length < 1 || length > most) {
                throw RejectedException.malformed("%s has %d characters; it takes 1 to %d", name, length, most);
            }
            return clean(name, text);
        }

        /** A text of the reader's browser, whose rest does not matter. Whatever a browser sends must not cost its reader's event. */
        private String cut(String name, int most) throws RejectedException {
            String text = string(name, most);
            boolean fits = text.codePointCount(0, text.length()) <= most;
            return cleaned(fits ? text : text.substring(0, text.offsetByCodePoints(0, most)));
        }

        private InetAddress address(String name) throws RejectedException {
            String text = string(name, MOST_ADDRESS);
            return Sender.addressIn(text)
                    .orElseThrow(() -> RejectedException.malformed(
                            "%s is %s; it is an IPv4 or IPv6 address without a port", name, JsonBytes.shown(text)));
        }

        private String string(String name, int most) throws RejectedException {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
                throw RejectedException.malformed(
                        "%s is %s; it is a text of 1 to %d characters", name, JsonBytes.shown(json), most);
            }
            return json.getString();
        }

        private static String clean(String name, String text) throws RejectedException {
            if (!ArticleId.isClean(text)) {
                throw RejectedException.malformed(
                        "%s holds a control character or half a surrogate pair: %s", name, JsonBytes.shown(text));
            }
            return text;
        }

        private boolean truth(String name) throws RejectedException {
            return switch (json.currentToken()) {
                case VALUE_TRUE -> true;
                case VALUE_FALSE -> false;
                default ->
                    throw RejectedException.malformed("%s is %s; it is true or false", name, JsonBytes.shown(json));
            };
        }

        /** Unix seconds. A fraction is legal (RFC 7519, 2: NumericDate) and is cut off. */
        private long second(String name) throws RejectedException {
            try {
                return number(0, LAST_SECOND).longValue();
            } catch (ArithmeticException | NumberFormatException e) {
                throw RejectedException.malformed(
                        "%s is %s; it is a number of seconds from 0 to %d", name, JsonBytes.shown(json), LAST_SECOND);
            }
        }

        /** A whole number, also one written with a fraction of zero or an exponent: some languages have no other. */
        private long whole(String name, long least, long most) throws RejectedException {
            try {
                return number(least, most).longValueExact();
            } catch (ArithmeticException | NumberFormatException e) {
                throw RejectedException.malformed(
                        "%s is %s; it is a whole number from %d to %d", name, JsonBytes.shown(json), least, most);
            }
        }

        /**
         * A huge exponent costs nothing.
         *
         * @throws ArithmeticException when it is no number, or none from least to most
         * @throws NumberFormatException when its exponent is beyond that
         */
        private BigDecimal number(long least, long most) {
            if (json.currentToken() == JsonToken.VALUE_NUMBER_INT && json.getStringLength() <= SURELY_LONG) {
                return within(BigDecimal.valueOf(json.getLongValue()), least, most);
            } else if (json.currentToken().isNumeric()) {
                return within(new BigDecimal(json.getString()), least, most);
            }
            throw new ArithmeticException();
        }

        private static BigDecimal within(BigDecimal number, long least, long most) {
            if (number.compareTo(BigDecimal.valueOf(least)) < 0 || number.compareTo(BigDecimal.valueOf(most)) > 0) {
                throw new ArithmeticException();
            }
            return number;
        }

        private Set<String> names(String claim, String what) throws RejectedException {
            if (json.currentToken() == JsonToken.VALUE_STRING) {
                return Set.of(json.getString());
            }
            if (json.currentToken() != JsonToken.START_ARRAY) {
                throw RejectedException.malformed(
                        "%s is %s; it is a list of at most %d %s, or one of them",
                        claim, JsonBytes.shown(json), MOST_NAMES, what);
            }
            Set<String> names = new HashSet<>();
            int count = 0;
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (json.currentToken() != JsonToken.VALUE_STRING) {
                    throw RejectedException.malformed(
                            "%s holds %s; it is a list of %s", claim, JsonBytes.shown(json), what);
                }
                if (++count > MOST_NAMES) {
                    throw RejectedException.malformed("%s has more than %d entries", claim, MOST_NAMES);
                }
                names.add(json.getString());
            }
            return names;
        }

        private static String present(String name, @Nullable String claim) throws RejectedException {
            if (claim == null) {
                throw missing(name);
            }
            return claim;
        }

        private static long present(String name, long claim) throws RejectedException {
            if (claim == ABSENT) {
                throw missing(name);
            }
            return claim;
        }

        private static RejectedException missing(String name) {
            return RejectedException.malformed("%s is missing", name);
        }
    }
}
