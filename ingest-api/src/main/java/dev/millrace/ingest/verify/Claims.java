package dev.millrace.ingest.verify;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.Kid;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads the claims of an event token, each in its range. Claims it does not know are left alone. */
final class Claims {
    static final int MOST_JTI = 64;
    static final int MOST_REFERRER = 2_048;
    static final int MOST_VISITOR = 64;
    static final int MOST_GRANTS = 16;

    /** The last second of the year 9999. */
    static final long LAST_SECOND = 253_402_300_799L;

    private final Map<String, JsonNode> claims;

    private Claims(Map<String, JsonNode> claims) {
        this.claims = claims;
    }

    static EventToken read(Kid kid, String json) throws MalformedToken {
        Claims claims = new Claims(TokenJson.object("payload", json));
        claims.optionalText("ref", MOST_REFERRER);
        claims.optionalText("vis", MOST_VISITOR);
        return new EventToken(
                kid,
                claims.creator(),
                claims.text("art", EngageField.MOST_ARTICLE),
                claims.text("jti", MOST_JTI),
                claims.whole("iat", 0, LAST_SECOND),
                claims.whole("exp", 0, LAST_SECOND),
                claims.granted(),
                claims.claims.containsKey("qty") ? claims.whole("qty", 1, Integer.MAX_VALUE) : 1);
    }

    private String creator() throws MalformedToken {
        JsonNode value = claims.get("sub");
        if (value == null
                || !value.isString()
                || !EarnField.CREATOR.matcher(value.stringValue()).matches()) {
            throw new MalformedToken("sub is %s; a creator id is [A-Za-z0-9._:-]{1,64}".formatted(Shown.of(value)));
        }
        return value.stringValue();
    }

    private void optionalText(String name, int most) throws MalformedToken {
        if (claims.containsKey(name)) {
            text(name, most);
        }
    }

    private String text(String name, int most) throws MalformedToken {
        JsonNode value = claims.get(name);
        if (value == null || !value.isString()) {
            throw new MalformedToken(
                    "%s is %s; it is a text of 1 to %d characters".formatted(name, Shown.of(value), most));
        }
        String text = value.stringValue();
        int length = text.codePointCount(0, text.length());
        if (length < 1 || length > most) {
            throw new MalformedToken("%s has %d characters; it takes 1 to %d".formatted(name, length, most));
        }
        if (text.codePoints().anyMatch(Claims::isForbidden)) {
            throw new MalformedToken(
                    "%s holds a control character or half a surrogate pair: %s".formatted(name, Shown.of(text)));
        }
        return text;
    }

    private static boolean isForbidden(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.CONTROL || type == Character.SURROGATE;
    }

    private long whole(String name, long least, long most) throws MalformedToken {
        JsonNode value = claims.get(name);
        if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new MalformedToken(
                    "%s is %s; it is a whole number from %d to %d".formatted(name, Shown.of(value), least, most));
        }
        long number = value.longValue();
        if (number < least || number > most) {
            throw new MalformedToken(
                    "%s is %d; it is a whole number from %d to %d".formatted(name, number, least, most));
        }
        return number;
    }

    private @Nullable Set<String> granted() throws MalformedToken {
        JsonNode value = claims.get("evt");
        if (value == null) {
            return null;
        }
        if (!value.isArray() || value.size() > MOST_GRANTS) {
            throw new MalformedToken("evt is not a list of at most %d event types".formatted(MOST_GRANTS));
        }
        Set<String> types = new HashSet<>();
        for (JsonNode type : value) {
            if (!type.isString()) {
                throw new MalformedToken("evt holds %s; it is a list of event types".formatted(Shown.of(type)));
            }
            types.add(type.stringValue());
        }
        return types;
    }
}
