package dev.millrace.ingest.verify;

import dev.millrace.common.counters.EarnField;
import dev.millrace.common.counters.EngageField;
import dev.millrace.common.token.Kid;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads claims as nearly all publishers write them, straight from the bytes: one object of the claims we know, each once, of
 * plain texts and whole numbers, all in their ranges. Anything else, good or bad, it leaves to {@link Claims}, which says
 * what is wrong with it. So the two agree wherever this one has an answer.
 */
final class PlainClaims {
    private static final List<String> TEXTS = List.of("sub", "art", "jti", "ref", "vis");
    private static final List<String> NUMBERS = List.of("iat", "exp", "qty");

    private final PlainJson json;
    private final @Nullable Slice[] texts = new Slice[TEXTS.size()];
    private final long[] numbers = new long[NUMBERS.size()];
    private @Nullable Set<String> granted;

    private PlainClaims(PlainJson json) {
        this.json = json;
        Arrays.fill(numbers, PlainJson.NONE);
    }

    /**
     * @param payload decoded
     * @return the token, or null where this is for {@link Claims} to read
     */
    static @Nullable EventToken read(Kid kid, Slice payload) {
        PlainClaims claims = new PlainClaims(new PlainJson(payload));
        return claims.readAll() ? claims.token(kid) : null;
    }

    private boolean readAll() {
        if (!json.skip('{')) {
            return false;
        }
        do {
            Slice name = json.text();
            if (name == null || !json.skip(':') || !readClaim(name)) {
                return false;
            }
        } while (json.skip(','));
        return json.skip('}') && json.isAtEnd();
    }

    /** False for one that is not known, comes again, or is not plain. */
    private boolean readClaim(Slice name) {
        int text = index(TEXTS, name);
        if (text >= 0) {
            boolean isFirst = texts[text] == null;
            texts[text] = json.text();
            return isFirst && texts[text] != null;
        }
        int number = index(NUMBERS, name);
        if (number >= 0) {
            boolean isFirst = numbers[number] == PlainJson.NONE;
            numbers[number] = json.whole();
            return isFirst && numbers[number] != PlainJson.NONE;
        }
        return name.is("evt") && readGranted();
    }

    private boolean readGranted() {
        if (granted != null || !json.skip('[')) {
            return false;
        }
        Set<String> types = new HashSet<>();
        int count = 0;
        do {
            Slice type = json.text();
            if (type == null || ++count > Claims.MOST_GRANTS) {
                return false;
            }
            types.add(type.ascii());
        } while (json.skip(','));
        granted = types;
        return json.skip(']');
    }

    private static int index(List<String> names, Slice name) {
        for (int i = 0; i < names.size(); i++) {
            if (name.is(names.get(i))) {
                return i;
            }
        }
        return -1;
    }

    private @Nullable EventToken token(Kid kid) {
        Slice creator = texts[0];
        Slice article = texts[1];
        Slice jti = texts[2];
        long quantity = numbers[2] == PlainJson.NONE ? 1 : numbers[2];
        boolean fit = creator != null
                && article != null
                && jti != null
                && EarnField.CREATOR.matcher(creator.ascii()).matches()
                && isWithin(article, EngageField.MOST_ARTICLE)
                && isWithin(jti, Claims.MOST_JTI)
                && isWithin(texts[3], Claims.MOST_REFERRER)
                && isWithin(texts[4], Claims.MOST_VISITOR)
                && isSecond(numbers[0])
                && isSecond(numbers[1])
                && quantity >= 1
                && quantity <= Integer.MAX_VALUE;
        return fit
                ? new EventToken(
                        kid, creator.ascii(), article.ascii(), jti.ascii(), numbers[0], numbers[1], granted, quantity)
                : null;
    }

    private static boolean isWithin(@Nullable Slice text, int most) {
        return text == null || (!text.isEmpty() && text.length() <= most);
    }

    private static boolean isSecond(long number) {
        return number >= 0 && number <= Claims.LAST_SECOND;
    }
}
